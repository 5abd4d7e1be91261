// SPDX-License-Identifier: Apache-2.0
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <map>

#include "base/fault.h"
#include "bindings/session.h"
#include "isa/collective_time.h"
#include "machine/fields.h"
#include "machine/search_path.h"

namespace trainyard::python {

namespace nb = nanobind;

namespace {

// Of `ranks` logical cores that fill chips in order; `bytes` of the whole.
double collective_time_us(const Machine& machine, const std::string& kind, std::int64_t ranks,
                          std::int64_t bytes) {
  static const std::map<std::string, CollectiveKind> kinds = {
      {"all_reduce", CollectiveKind::all_reduce},
      {"all_gather", CollectiveKind::all_gather},
      {"all_to_all", CollectiveKind::all_to_all},
      {"permute", CollectiveKind::permute}};
  const auto found = kinds.find(kind);
  if (found == kinds.end()) throw Fault(FaultKind::usage, "'" + kind + "' is no collective");
  const std::int64_t of_a_chip =
      std::max<std::int64_t>(1, machine.chip.cores / machine.chip.cores_per_logical_core);
  const std::int64_t chips = (ranks + of_a_chip - 1) / of_a_chip;
  const CollectiveTime time = collective_time({found->second, ranks, chips, bytes}, machine);
  return (time.steps + time.transfer).us();
}

}  // namespace

void bind_machine(nb::module_& module) {
  nb::class_<Machine>(module, "Machine")
      .def(nb::new_([](const std::string& name_or_path) {
             return std::make_shared<Machine>(load_machine(name_or_path));
           }),
           nb::arg("name_or_path"))
      .def_ro("name", &Machine::name)
      .def_ro("title", &Machine::title)
      .def_prop_ro("generation", [](const Machine& m) { return generation_name(m.generation); })
      .def_prop_ro("cores", [](const Machine& m) { return m.chip.cores; })
      .def_prop_ro("partitions", [](const Machine& m) { return m.core.partitions; })
      .def_prop_ro("partition_quadrant", [](const Machine& m) { return m.core.partition_quadrant; })
      .def_prop_ro("tensor_columns", [](const Machine& m) { return m.tensor.columns; })
      .def_prop_ro("tensor_moving_max", [](const Machine& m) { return m.tensor.moving_max; })
      .def_prop_ro("sbuf_partition_bytes",
                   [](const Machine& m) { return m.sbuf.partition_size_bytes; })
      .def_prop_ro("sbuf_allocatable_bytes",
                   [](const Machine& m) { return m.sbuf.allocatable_bytes(); })
      .def_prop_ro("psum_banks", [](const Machine& m) { return m.psum.banks; })
      .def_prop_ro("psum_bank_bytes", [](const Machine& m) { return m.psum.bank_size_bytes; })
      .def_prop_ro("hbm_bytes", [](const Machine& m) { return m.hbm.capacity_bytes; })
      .def(
          "number",
          [](const Machine& m, const std::string& path) {
            const Field* field = find_field(path);
            if (field == nullptr || field->type == Field::Type::words) {
              throw nb::key_error(path.c_str());
            }
            return field_number(*field, m);
          },
          nb::arg("path"), "A number of the machine file: `core.fetch_latency`, in ns, Hz or B.")
      .def("collective_time_us", &collective_time_us, nb::arg("kind"), nb::arg("ranks"),
           nb::arg("bytes"));
  module.def("machine_names", [] { return machine_names(); });
  module.def("set_machines_directory",
             [](const std::string& directory) { set_machines_directory(directory); });
}

}  // namespace trainyard::python
