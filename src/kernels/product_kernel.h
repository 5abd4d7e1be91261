// SPDX-License-Identifier: Apache-2.0
// A matrix product of any shape on one core, in blocks of the result: 1024 x 1024 at most, chunk
// by chunk of the contraction. The next chunk's operands come from HBM while this one's are
// multiplied; chunks are added up in SBUF; results leave in bfloat16. All blocks of a product are
// alike. Operands lie in HBM as the array takes them, contraction first.
#pragma once

#include <cstdint>

#include "kernels/kernel_loop.h"
#include "kernels/operand.h"

namespace trainyard {

// m x k by k x n.
struct ProductShape {
  Format format = Format::bf16;
  std::int64_t m = 0, n = 0, k = 0;

  auto operator<=>(const ProductShape&) const = default;
};

// How a product is cut. `rows` stand in the array, `columns` move through it: the result's rows
// and columns, or the other way round where that pads less.
struct ProductBlocks {
  std::int64_t rows = 0, columns = 0, steps = 0;  // of a chunk of a block
  std::int64_t blocks = 0, chunks = 0;            // of the product, of a block
};
ProductBlocks product_blocks(const ProductShape& shape, const Machine& machine);

// One more of the product in a stream of such products: launch, filling and draining drop out. Runs
// two blocks; of more than four chunks it runs two and four, and goes on in a straight line.
double product_seconds(const ProductShape& shape, const Machine& machine);

// The whole product by itself, every block recorded, from its first instruction to its end.
double whole_product_seconds(const ProductShape& shape, const Machine& machine);

}  // namespace trainyard
