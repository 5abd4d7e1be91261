// SPDX-License-Identifier: Apache-2.0
#include "program/hash.h"

#include "program/operand_hash.h"

namespace trainyard {

std::uint64_t program_hash(const Program& program) {
  HashedWords words;
  for (const TensorInfo& t : program.tensors) {
    words.add(static_cast<std::int64_t>(t.space));
    words.add(static_cast<std::int64_t>(t.dtype));
    words.add(static_cast<std::int64_t>(t.role));
    words.add(std::int64_t{t.partitions});
    words.add(t.partition_bytes);
    words.add(std::int64_t{t.address_partition});
    words.add(t.address_byte);
  }
  OperandHash operands(program, words);
  for (const Recorded& r : program.stream) {
    const Entry& e = entry(r.opcode);
    words.add(e.info.name);
    words.add(static_cast<std::int64_t>(r.engine));
    words.add(static_cast<std::int64_t>(r.queue));
    e.visit(r.operands, operands);
  }
  return words.value();
}

}  // namespace trainyard
