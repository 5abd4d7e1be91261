// SPDX-License-Identifier: Apache-2.0
// Ctrl-C and SIGTERM as a question that long work asks now and then, while one of these lives.
#pragma once

#include <csignal>

namespace trainyard {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  static bool wanted();

 private:
  struct sigaction before_int_, before_term_;
};

}  // namespace trainyard
