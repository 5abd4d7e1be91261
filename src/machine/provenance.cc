// SPDX-License-Identifier: Apache-2.0
#include "machine/provenance.h"

namespace trainyard {

std::string origin_name(Origin origin) {
  switch (origin) {
    case Origin::published:
      return "published";
    case Origin::derived:
      return "derived";
    case Origin::assumed:
      return "assumed";
    case Origin::what_if:
      return "what-if";
  }
  return "published";
}

}  // namespace trainyard
