// SPDX-License-Identifier: Apache-2.0
// Searches that cannot be: one message each, with the line and the way out.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "planner/search_fixture.h"

namespace trainyard {
namespace {

struct Wrong {
  const char* text;  // after kSmall, whose last line is 17
  const char* message;
};

std::string message_of(const std::string& text) {
  try {
    search_plans(space_of(text));
  } catch (const Fault& fault) {
    return fault.message();
  }
  return "no fault";
}

TEST(WrongSearch, HasOneMessageWithLineAndWayOut) {
  for (const Wrong& wrong : {
           Wrong{"[search]\nschedule = [\"dualpipe\"]\n[plan]\npipeline = 1\n",
                 "search.toml:19: plan.schedule: DualPipe has an even number of ranks, at least "
                 "two micro-batches a rank and an even number of them; there are 1 ranks, 3 "
                 "micro-batches (change pipeline or global_batch, or use schedule = \"1f1b\")"},
           Wrong{"[search]\ntensr = [1, 2]\n",
                 "search.toml:19: search.tensr: unknown key \"tensr\" (did you mean \"tensor\"?)"},
           Wrong{"[plan]\ntensor = 4\n[search]\ntensor = [4, 8]\n",
                 "search.toml:21: search.tensor: [plan] fixes \"tensor\" already (name it in one "
                 "of the two)"},
           Wrong{"[search]\ntensor = 8\n",
                 "search.toml:19: search.tensor: this is a list of what may be tried (one fixed "
                 "value stands in [plan])"},
           Wrong{"[search]\ntensor = [1, 2.5]\n",
                 "search.toml:19: search.tensor: this is a list of whole numbers from 1 to "
                 "1000000000000000 (tensor = [1, 2, 4], or { from = 1, to = 4 })"},
           Wrong{"[search]\npipeline = { from = 20, to = 30 }\n",
                 "search.toml:19: search.pipeline: nothing lies from 20 to 30 (there are 1, 2, 3, "
                 "4, 5, 6, 7, 8, 9, 10, 11, 12)"},
           Wrong{"[search]\nschedule = [\"1f1b\", \"zerobubble\"]\n",
                 "search.toml:19: search.schedule: this is a list of names (there are gpipe, 1f1b, "
                 "interleaved, zero-bubble, dualpipe)"},
           Wrong{"[search]\nsequence_parallel = [\"yes\"]\n",
                 "search.toml:19: search.sequence_parallel: this is a list of true and false "
                 "([true, false])"},
           Wrong{"[search]\nobjective = \"speed\"\n",
                 "search.toml:19: search.objective: \"speed\" is unknown (there are time, cost, "
                 "energy)"},
           Wrong{"[search]\nmemory_share = 1.5\n",
                 "search.toml:19: search.memory_share: 1.5 is outside what it can be (from 0.01 to "
                 "1)"},
           Wrong{"[search]\nchips = [16, 100000000]\n",
                 "search.toml:19: search.chips: a number of chips is whole, from 1 to 1048576 "
                 "(chips = [1024, 4096])"},
           Wrong{"[plan]\ntensor = 3\n",
                 "search.toml:18: plan: tensor x context x pipeline = 3 x 1 x 1 does not divide "
                 "the 64 ranks (change a degree, or the number of chips)"},
           Wrong{"[plan]\nmicro_batch = 7\n",
                 "search.toml:17: training.global_batch: 192 sequences do not go into 64 replicas "
                 "of micro-batches of 7 (a multiple of 448)"},
           Wrong{"[search]\nmemory_share = 0.01\n", "plans fits into 0.2 GiB"},
           Wrong{"[search]\nzero = [4]\n",
                 "search.toml:19: search.zero: this is a list of whole numbers from 0 to 3 (zero = "
                 "[1, 2, 4], or { from = 1, to = 4 })"},
           Wrong{"[plan]\nrecompute = \"ful\"\n",
                 "search.toml:19: plan.recompute: \"ful\" is unknown (did you mean \"full\"? there "
                 "are none, selective, full)"},
           Wrong{"[plan]\nschedule = \"dualpipe\"\npipeline = 3\n",
                 "search.toml:18: plan: tensor x context x pipeline = 1 x 1 x 3 does not divide "
                 "the 64 ranks (change a degree, or the number of chips)"},
           Wrong{"[plan]\ntensor = 64\n",
                 "search.toml:19: plan.tensor: 16 heads are not cut evenly by 64 (tensor divides "
                 "heads)"},
           Wrong{
               "[search]\ntensor = { form = 1 }\n",
               "search.toml:19: search.tensor.form: unknown key \"form\" (did you mean \"from\"?)"},
           Wrong{"[plan]\ndata = 7\n",
                 "search.toml:18: plan: data x tensor x context x pipeline = 7 x 1 x 1 x 1 does "
                 "not divide the 64 ranks (change a degree, or the number of chips)"},
       }) {
    EXPECT_THAT(message_of(std::string(kSmall) + wrong.text), ::testing::HasSubstr(wrong.message));
  }
}

}  // namespace
}  // namespace trainyard
