// SPDX-License-Identifier: Apache-2.0
#include "machine/search_path.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/fault.h"
#include "base/nearest.h"

namespace trainyard {
namespace {

namespace fs = std::filesystem;

std::string& program_directory() {
  static std::string directory;
  return directory;
}

bool is_path(const std::string& name) {
  return name.find('/') != std::string::npos || fs::path(name).extension() == ".toml";
}

// The machines of a wheel whose command lies in <prefix>/bin: they are in its Python package.
std::vector<std::string> wheel_directories(const fs::path& prefix) {
  std::vector<std::string> directories;
  std::error_code error;
  fs::directory_iterator entry(prefix / "lib", error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const fs::path machines = entry->path() / "site-packages/trainyard/machines";
    std::error_code missing;
    if (fs::is_directory(machines, missing)) directories.push_back(machines.string());
  }
  std::sort(directories.begin(), directories.end());
  return directories;
}

}  // namespace

void set_machines_directory(std::string directory) {
  program_directory() = std::move(directory);
}

std::vector<std::string> machine_directories() {
  std::vector<std::string> directories;
  const char* variable = std::getenv("TRAINYARD_MACHINES");
  if (variable != nullptr && *variable != '\0') directories.emplace_back(variable);
  if (!program_directory().empty()) directories.push_back(program_directory());
  std::error_code error;
  const fs::path executable = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const fs::path prefix = executable.parent_path().parent_path();
    directories.push_back((prefix / "share/trainyard/machines").string());
    for (const std::string& directory : wheel_directories(prefix)) directories.push_back(directory);
  }
  directories.emplace_back(TRAINYARD_DATA_DIR "/machines");
  return directories;
}

std::vector<std::string> machine_names() {
  return names_in_folder("");
}

std::vector<std::string> names_in_folder(const std::string& folder) {
  std::set<std::string> names;
  for (const std::string& directory : machine_directories()) {
    std::error_code error;
    fs::directory_iterator entry(fs::path(directory) / folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
      if (entry->path().extension() == ".toml") names.insert(entry->path().stem().string());
    }
  }
  return {names.begin(), names.end()};
}

std::string find_machine_file(const std::string& name_or_path, const std::string& from_file) {
  return find_in_folder("", "machine", name_or_path, from_file);
}

std::string find_in_folder(const std::string& folder, const std::string& what,
                           const std::string& name_or_path, const std::string& from_file) {
  if (is_path(name_or_path)) {
    const fs::path path(name_or_path);
    if (from_file.empty() || path.is_absolute()) return name_or_path;
    return (fs::path(from_file).parent_path() / path).string();
  }
  for (const std::string& directory : machine_directories()) {
    const fs::path path = fs::path(directory) / folder / (name_or_path + ".toml");
    std::error_code error;
    if (!name_or_path.empty() && fs::exists(path, error)) return path.string();
  }
  const std::vector<std::string> names = names_in_folder(folder);
  if (names.empty()) {
    throw Fault(FaultKind::usage, fmt::format("there is no {} file", what),
                fmt::format("looked in {}; $TRAINYARD_MACHINES names another folder",
                            fmt::join(machine_directories(), ", ")));
  }
  const std::string nearest = nearest_name(name_or_path, names);
  const std::string guess = nearest.empty() ? "" : fmt::format("did you mean \"{}\"? ", nearest);
  throw Fault(FaultKind::usage, fmt::format("no {} is called \"{}\"", what, name_or_path),
              fmt::format("{}there are {}; a file is given by a path that ends in .toml", guess,
                          fmt::join(names, ", ")));
}

}  // namespace trainyard
