// SPDX-License-Identifier: Apache-2.0
// How a report looks: light and dark, on a phone and on paper. And its only script, which opens
// the tables before printing.
#pragma once

namespace trainyard {

extern const char* const kPageStyle;
extern const char* const kPageScript;

}  // namespace trainyard
