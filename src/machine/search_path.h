// SPDX-License-Identifier: Apache-2.0
// Where machine files are looked for by name: $TRAINYARD_MACHINES, the folder a program has set
// (the Python wheel does), share/trainyard/machines beside the executable's folder, and last the
// tree this was built from.
#pragma once

#include <string>
#include <vector>

namespace trainyard {

// Call before the first load_machine, from one thread. Empty: none.
void set_machines_directory(std::string directory);

std::vector<std::string> machine_directories();

// Names of all machines that load_machine finds by name, sorted.
std::vector<std::string> machine_names();

// The file of a machine given by name or by path. `from_file`: the file that names it, whose
// folder relative paths start from; empty on the command line.
std::string find_machine_file(const std::string& name_or_path, const std::string& from_file = {});

// The same for files of one of the machines' folders: "systems", "software", "reliability".
// `what` names them in the fault: "system".
std::vector<std::string> names_in_folder(const std::string& folder);
std::string find_in_folder(const std::string& folder, const std::string& what,
                           const std::string& name_or_path, const std::string& from_file = {});

}  // namespace trainyard
