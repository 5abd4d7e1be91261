// SPDX-License-Identifier: Apache-2.0
#include "isa/operands.h"

namespace trainyard {
namespace {

// The names that another room keeps, as an array in the order of the enum.
template <class E, int kCount>
const std::array<std::string_view, kCount>& names_of(std::string_view (*name)(E)) {
  static const auto names = [name] {
    std::array<std::string_view, kCount> all;
    for (int i = 0; i < kCount; ++i) all[i] = name(static_cast<E>(i));
    return all;
  }();
  return names;
}

template <std::size_t kCount>
constexpr Choices choices(std::string_view what,
                          const std::array<std::string_view, kCount>& names) {
  return {what, names.data(), static_cast<int>(kCount)};
}

constexpr std::array<std::string_view, kEngineCount> kEngines = {
    "unknown", "tensor", "scalar", "gpsimd", "dma", "vector", "sync"};
constexpr std::array<std::string_view, 4> kDgeModes = {"unknown", "swdge", "hwdge", "none"};
constexpr std::array<std::string_view, 2> kOobModes = {"error", "skip"};
constexpr std::array<std::string_view, 5> kReduceCmds = {"idle", "reset", "reduce", "reset_reduce",
                                                         "load_reduce"};
constexpr std::array<std::string_view, 2> kMatmulPerfModes = {"none", "double_row"};
constexpr std::array<std::string_view, 3> kAccumulates = {"automatic", "overwrite", "add"};

}  // namespace

template <>
const Choices& choices_of<Engine>() {
  static constexpr Choices kChoices = choices("engine", kEngines);
  return kChoices;
}

template <>
const Choices& choices_of<DgeMode>() {
  static constexpr Choices kChoices = choices("DGE mode", kDgeModes);
  return kChoices;
}

template <>
const Choices& choices_of<OobMode>() {
  static constexpr Choices kChoices = choices("out-of-bounds mode", kOobModes);
  return kChoices;
}

template <>
const Choices& choices_of<ReduceCmd>() {
  static constexpr Choices kChoices = choices("reduce command", kReduceCmds);
  return kChoices;
}

template <>
const Choices& choices_of<MatmulPerfMode>() {
  static constexpr Choices kChoices = choices("matmul performance mode", kMatmulPerfModes);
  return kChoices;
}

template <>
const Choices& choices_of<Accumulate>() {
  static constexpr Choices kChoices = choices("accumulate mode", kAccumulates);
  return kChoices;
}

template <>
const Choices& choices_of<AluOp>() {
  static const Choices kChoices =
      choices("ALU operator", names_of<AluOp, kAluOpCount>(alu_op_name));
  return kChoices;
}

template <>
const Choices& choices_of<Function>() {
  static const Choices kChoices =
      choices("activation function", names_of<Function, kFunctionCount>(function_name));
  return kChoices;
}

template <>
const Choices& choices_of<DType>() {
  static const Choices kChoices = choices(
      "dtype", names_of<DType, kDTypeCount>([](DType dtype) { return dtype_info(dtype).name; }));
  return kChoices;
}

}  // namespace trainyard
