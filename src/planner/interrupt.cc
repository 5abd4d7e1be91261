// SPDX-License-Identifier: Apache-2.0
#include "planner/interrupt.h"

namespace trainyard {
namespace {

volatile std::sig_atomic_t g_wanted = 0;

void remember(int) {
  g_wanted = 1;
}

}  // namespace

Interrupt::Interrupt() {
  g_wanted = 0;
  struct sigaction action = {};
  action.sa_handler = remember;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &before_int_);
  sigaction(SIGTERM, &action, &before_term_);
}

Interrupt::~Interrupt() {
  sigaction(SIGINT, &before_int_, nullptr);
  sigaction(SIGTERM, &before_term_, nullptr);
}

bool Interrupt::wanted() {
  return g_wanted != 0;
}

}  // namespace trainyard
