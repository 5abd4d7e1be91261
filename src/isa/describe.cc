// SPDX-License-Identifier: Apache-2.0
#include "isa/describe.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "isa/instructions/operand_rules.h"

namespace trainyard {
namespace {

// The operands of one entry, with their default values.
class Operands {
 public:
  explicit Operands(const Entry& entry)
      : memory_(entry.operand_bytes / sizeof(std::max_align_t) + 1) {
    entry.construct(memory_.data());
  }
  void* get() { return memory_.data(); }

 private:
  std::vector<std::max_align_t> memory_;
};

void append(std::string& text, std::string_view part) {
  if (!text.empty()) text += ", ";
  text += part;
}

std::string spaces_text(SpaceSet spaces) {
  std::string text;
  for (const auto& [space, name] : {std::pair{Space::sbuf, "SBUF"}, std::pair{Space::psum, "PSUM"},
                                    std::pair{Space::hbm, "HBM"}}) {
    if (spaces.has(space)) append(text, name);
  }
  return text;
}

std::string dtypes_text(DTypeSet set) {
  constexpr std::uint32_t kAll = (1u << kDTypeCount) - 1;
  constexpr int kFew = 4;
  const std::pair<DTypeSet, std::string_view> named[] = {
      {kAnyDType, "any"}, {kValueDTypes, "any but packed x4"}, {kIntegers, "integers"}};
  for (const auto& [group, name] : named) {
    if ((set.bits & kAll) == (group.bits & kAll)) return std::string(name);
  }
  std::string in, out;
  int outside = 0;
  for (int d = 0; d < kDTypeCount; ++d) {
    const auto dtype = static_cast<DType>(d);
    append(set.has(dtype) ? in : out, dtype_info(dtype).name);
    outside += !set.has(dtype);
  }
  return outside <= kFew ? "any but " + out : in;
}

std::string tile_kind(const Param& param) {
  switch (param.touch) {
    case Touch::read:
      return "tile";
    case Touch::write:
      return "tile, written";
    case Touch::read_write:
      return "tile, read and written";
    case Touch::write_part:
      return "tile, written in part";
  }
  return {};
}

class Describer final : public ParamVisitor {
 public:
  void tile(const Param& p, View&) override {
    add_tile(p, tile_kind(p) + (p.columns ? ", .indirect() too" : ""), "None");
  }
  void tiles(const Param& p, ViewList&) override {
    add_tile(p, fmt::format("1 to {} tiles", ViewList::kCapacity), "()");
  }
  void scalar(const Param& p, ScalarOperand& v) override {
    add_tile(p, "number or (P, 1) tile",
             v.kind == ScalarOperand::Kind::number ? fmt::format("{}", v.number) : "None");
    // Which dtypes a lane's value may have, check() says, by the other operands.
    if (p.dtypes.bits == kAnyDType.bits) all.back().dtypes.clear();
  }
  void reg(const Param& p, RegisterOperand& v) override {
    add(p, p.touch == Touch::read ? "register or integer" : "register, written",
        fmt::format("{}", v.value));
  }
  void integer(const Param& p, std::int64_t& v) override {
    add(p, "integer", fmt::format("{}", v));
  }
  void number(const Param& p, double& v) override { add(p, "number", fmt::format("{}", v)); }
  void flag(const Param& p, bool& v) override { add(p, "true or false", v ? "True" : "False"); }
  void integers(const Param& p, IntList&) override { add(p, "integers", "()"); }
  void numbers(const Param& p, NumberList&) override { add(p, "numbers", "()"); }
  void pattern(const Param& p, AffinePattern&) override { add(p, "[[step, count], ...]", "()"); }
  void choice_value(const Param& p, const Choices& choices, std::uint8_t& v) override {
    add(p, std::string(choices.what), v < choices.count ? std::string(choices.names[v]) : "None");
    all.back().choices = &choices;
  }

  std::vector<ParameterText> all;

 private:
  void add(const Param& p, std::string kind, std::string standard) {
    if (p.need != Need::optional) standard.clear();
    all.push_back({p.name, std::move(kind), {}, {}, std::move(standard)});
  }
  void add_tile(const Param& p, std::string kind, std::string standard) {
    add(p, std::move(kind), std::move(standard));
    all.back().spaces = spaces_text(p.spaces);
    all.back().dtypes = dtypes_text(p.dtypes);
  }
};

// Fills operands with one of the situations that decide on the engine.
class Trial final : public ParamVisitor {
 public:
  // PSUM where it is allowed: nowhere, for what is written, for all.
  enum class Psum { none, written, all };
  static constexpr int kNoChoice = -1;

  // `choice`: the how-manieth value, over all choice parameters, to try; the rest keeps its own.
  Trial(Psum psum, int columns, int choice) : psum_(psum), columns_(columns), choice_(choice) {}

  void tile(const Param& p, View& v) override {
    constexpr int kPartitions = 32;  // few enough for every engine
    v.tensor = 0;
    v.dtype = DType::float32;
    v.rank = 2;
    v.dims[0] = {1, kPartitions};
    v.dims[1] = {1, columns_};
    const bool wants_psum =
        psum_ == Psum::all || (psum_ == Psum::written && p.touch != Touch::read);
    for (const Space space : {Space::sbuf, Space::hbm, Space::psum}) {
      if (p.spaces.has(space)) {
        v.space = space;
        break;
      }
    }
    if (wants_psum && p.spaces.has(Space::psum)) v.space = Space::psum;
  }
  void tiles(const Param& p, ViewList& list) override {
    list.size = 1;
    tile(p, list.views[0]);
  }
  void scalar(const Param&, ScalarOperand&) override {}
  void reg(const Param&, RegisterOperand&) override {}
  void integer(const Param&, std::int64_t&) override {}
  void number(const Param&, double&) override {}
  void flag(const Param&, bool&) override {}
  void integers(const Param&, IntList&) override {}
  void numbers(const Param&, NumberList&) override {}
  void pattern(const Param&, AffinePattern&) override {}
  void choice_value(const Param&, const Choices& choices, std::uint8_t& v) override {
    const int value = choice_ - seen_;
    if (value >= 0 && value < choices.count && !choices.names[value].empty()) {
      v = static_cast<std::uint8_t>(value);
    }
    seen_ += choices.count;
  }

  int choices_seen() const { return seen_; }

 private:
  Psum psum_;
  int columns_;
  int choice_;
  int seen_ = 0;
};

constexpr int kTrialColumns = 24;  // 24 words: the random state of a lane of VectorE

// Where the tiles may lie that bytes move from or to.
class SpacesOf final : public TileVisitor {
 public:
  SpaceSet all;

  void tile(const Param& param, View&) override {
    if (param.moves_bytes) all.bits |= param.spaces.bits;
  }
  void scalar(const Param& param, ScalarOperand&) override { all.bits |= param.spaces.bits; }
  void tiles(const Param& param, ViewList&) override { all.bits |= param.spaces.bits; }
};

struct PossibleEngines {
  EngineSet set;
  bool depends_on_operands = false;
};

PossibleEngines possible_engines(const Entry& entry, const Machine& machine) {
  // The random state of a lane is 6 words on GpSimd and 24 on VectorE; else the width is free.
  constexpr int kColumns[] = {32, 24, 6};
  PossibleEngines possible;
  bool first = true;
  for (const Trial::Psum psum : {Trial::Psum::none, Trial::Psum::written, Trial::Psum::all}) {
    for (const int columns : kColumns) {
      int choices = 0;
      for (int choice = Trial::kNoChoice; choice < choices; ++choice) {
        Operands operands(entry);
        Trial trial(psum, columns, choice);
        entry.visit(operands.get(), trial);
        choices = trial.choices_seen();
        const EngineSet set = entry.engines(operands.get(), machine);
        if (!first && set != possible.set) possible.depends_on_operands = true;
        possible.set = possible.set | set;
        first = false;
      }
    }
  }
  return possible;
}

std::string set_text(EngineSet set) {
  std::string text;
  const Choices& names = choices_of<Engine>();
  for (int e = 0; e < kEngineCount; ++e) {
    if (set.has(static_cast<Engine>(e))) append(text, names.names[e]);
  }
  return text;
}

}  // namespace

std::vector<ParameterText> describe_parameters(const Entry& entry) {
  Operands operands(entry);
  Describer describer;
  entry.visit(operands.get(), describer);
  return describer.all;
}

bool names_engine(const Entry& entry) {
  constexpr std::string_view kNames[] = {
      "core_barrier",   "dma_copy", "memset",      "nc_transpose",  "rand_get_state",
      "rand_set_state", "rng",      "tensor_copy", "tensor_scalar", "tensor_tensor"};
  return std::find(std::begin(kNames), std::end(kNames), entry.info.name) != std::end(kNames);
}

bool takes_name(const Entry& entry) {
  return !entry.info.name.starts_with("register_");
}

std::string signature_text(const Entry& entry) {
  std::string parameters;
  for (const ParameterText& p : describe_parameters(entry)) {
    append(parameters, p.standard.empty() ? p.name : p.name + "=" + p.standard);
  }
  if (names_engine(entry)) append(parameters, "engine=unknown");
  if (takes_name(entry)) append(parameters, "name=None");
  return fmt::format("{}({})", entry.info.name, parameters);
}

std::string engines_text(const Entry& entry, const std::vector<Machine>& machines) {
  std::string by_generation, last;
  bool same = true, depends = false;
  for (const Machine& machine : machines) {
    if (machine.generation < entry.info.since) continue;
    const PossibleEngines possible = possible_engines(entry, machine);
    depends = depends || possible.depends_on_operands;
    const std::string set = set_text(possible.set);
    if (set == last) continue;
    same = last.empty();
    if (!by_generation.empty()) by_generation += "; ";
    by_generation += fmt::format("from {}: {}", generation_name(machine.generation), set);
    last = set;
  }
  return (same ? last : by_generation) + (depends ? " (operands narrow the choice)" : "");
}

std::string energy_text(const Entry& entry, const Machine& machine) {
  Operands operands(entry);
  Trial trial(Trial::Psum::none, kTrialColumns, Trial::kNoChoice);
  entry.visit(operands.get(), trial);
  std::string work;
  const auto spend = [&work](std::string_view key) {
    if (work.find(key) == std::string::npos) append(work, key);
  };
  const EngineSet engines = possible_engines(entry, machine).set;
  SpacesOf spaces;
  entry.visit(operands.get(), spaces);
  for (int e = 0; e < kEngineCount; ++e) {
    if (!engines.has(static_cast<Engine>(e))) continue;
    const Cost cost = entry.cost(operands.get(), machine, static_cast<Engine>(e));
    if (cost.macs > 0) spend("mac_*");
    if (cost.weight_bytes > 0) spend("weight_load");
    if (cost.lane_class != LaneClass::none) {
      constexpr std::string_view kKeys[] = {"",          "vector_op",   "scalar_op",
                                            "gpsimd_op", "exponential", "quantize_mx"};
      spend(kKeys[static_cast<std::size_t>(cost.lane_class)]);
    }
    if (cost.is_dma) spend("network");
  }
  for (const auto& [space, key] : {std::pair{Space::sbuf, "sbuf"}, std::pair{Space::psum, "psum"},
                                   std::pair{Space::hbm, "hbm"}}) {
    if (spaces.all.has(space)) spend(key);
  }
  spend("dispatch");
  return work;
}

std::string choices_text(const Choices& choices) {
  std::string text;
  for (int i = 0; i < choices.count; ++i) {
    if (!choices.names[i].empty()) append(text, choices.names[i]);
  }
  return text;
}

}  // namespace trainyard
