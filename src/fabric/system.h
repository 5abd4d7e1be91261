// SPDX-License-Identifier: Apache-2.0
// A cluster's hardware as data: the chip as an application sees it, and the tree of links around
// it, read from machines/systems/*.toml. docs/cluster.md says how to read and override it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/table_reader.h"
#include "machine/provenance.h"

namespace trainyard {

enum class Vendor : std::uint8_t { neuron, nvidia };  // whose collectives

// Rates are peaks; what a large operator sustains of them is `*_sustained`, a fraction.
struct SystemChip {
  std::string name;
  std::string machine;     // machines/NAME.toml that peaks and memory come from; or empty
  std::int64_t ranks = 1;  // that a chip shows to an application: its logical cores
  std::int64_t units = 1;  // that a matrix product is cut over: SMs or NeuronCores
  std::int64_t tile_rows = 128, tile_columns = 128;  // of the product that one unit makes at a time
  double fp32_flop_per_s = 0, bf16_flop_per_s = 0, fp8_flop_per_s = 0, fp4_flop_per_s = 0;
  double matmul_sustained = 1;
  // Values that the VectorE of one rank can take at a time, and how often; 0: no machine is named.
  double vector_lanes = 0, vector_hz = 0;
  double hbm_bytes = 0, hbm_bytes_per_s = 0;
  double hbm_sustained = 1;
  double idle_w = 0, active_w = 0, cap_w = 0;
  double bf16_pj_per_flop = 0, fp8_pj_per_flop = 0, fp4_pj_per_flop = 0;
  double hbm_pj_per_bit = 0;
  double price_usd_per_h = 0;  // of a chip
};

enum class LevelShape : std::uint8_t { torus, ring, switched, network };

// One storey of the tree: `chips` of one unit, and the links that join units of the storey below.
struct Level {
  std::string name;
  LevelShape kind = LevelShape::switched;
  std::int64_t chips = 1;  // of a unit; the last level's is the most that a system can have
  double latency_us = 0;   // of one step of a collective
  double bytes_per_s = 0;  // of one chip into this level, one way
  double sustained = 1;    // of large transfers
  double oversubscription = 1;
  double pj_per_bit = 0;  // both ends and what lies between
  bool reduces = false;   // the switch adds (NVLink SHARP)
};

// What stands around the chips, per chip.
struct Surroundings {
  double host_w = 0, network_w = 0, switch_w = 0;
  double cooling_ratio = 0;  // fans and pumps over IT power
  double supply_efficiency = 1;
  double pue = 1;
};

// One number of a system, and where it comes from: "level.node.bandwidth".
struct SystemInput {
  std::string path;
  Provenance provenance;
};

struct System {
  std::string name, title, file, base;
  Vendor vendor = Vendor::neuron;
  bool flat_rings = false;  // a group over servers is one ring, not a hierarchy (Trn1)
  SystemChip chip;
  std::vector<Level> levels;  // from the chip up
  Surroundings surroundings;
  std::vector<SystemInput> inputs;  // in the order of the files

  double ranks_of(double chips) const { return chips * static_cast<double>(chip.ranks); }
  // What one rank may send into a level while all ranks of its chip send, in bytes/s.
  double rank_rate(const Level& level) const {
    return level.bytes_per_s * level.sustained / level.oversubscription /
           static_cast<double>(chip.ranks);
  }
  const Level* find_level(const std::string& level) const;
};

// Names of the systems that load_system finds by name, sorted.
std::vector<std::string> system_names();
// By name or by the path of a .toml; `from_file`: the file that names it. Throws Fault(usage).
System load_system(const std::string& name_or_path, const std::string& from_file = {});
// What a table of a scenario says on top of its base: `base`, `[chip]`, `[[level]]`, `[power]`.
System read_system(TableReader& table, const std::string& name);

// The same of a scenario's table [system], with its `chips`: no more than the base can have.
System read_system_and_chips(TableReader& table, std::int64_t& chips);

// The number behind an input's path, to move it; null when there is none.
double* system_number(System& system, const std::string& path);

}  // namespace trainyard
