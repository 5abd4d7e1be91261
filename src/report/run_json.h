// SPDX-License-Identifier: Apache-2.0
// The whole result as JSON (docs/json.md): stable keys, units in the names.
#pragma once

#include <functional>
#include <string>

#include "base/json_writer.h"
#include "report/run_result.h"

namespace trainyard {

inline constexpr const char* kRunSchema = "trainyard.run.1";

std::string run_json(const RunResult& result);
// The same object as a value of another document; `add` puts further keys at its end.
void write_json(const RunResult& result, JsonWriter& json,
                const std::function<void(JsonWriter&)>& add = {});

}  // namespace trainyard
