// SPDX-License-Identifier: Apache-2.0
// Scenarios that do not hold together: each gives one message with the file, the line of the key
// where there is one, and the way out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/scenario_fixture.h"
#include "cluster/step.h"
#include "temporary_folder.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;

struct Change {
  const char *from, *to, *message;
};

std::string fault_of(const std::string& text) {
  try {
    evaluate_step(scenario_of(text));
  } catch (const Fault& fault) {
    return fault.message();
  }
  return "no fault";
}

class WrongScenario : public ::testing::TestWithParam<Change> {};

TEST_P(WrongScenario, IsSaidWithItsPlaceAndTheWayOut) {
  const Change& change = GetParam();
  const std::string message = fault_of(with(kLlama, change.from, change.to));
  EXPECT_THAT(message, HasSubstr(change.message));
  EXPECT_THAT(message, HasSubstr("scenario.toml:"));
}

INSTANTIATE_TEST_SUITE_P(
    Plans, WrongScenario,
    ::testing::Values(
        Change{"tensor = 8", "tensor = 7", "does not divide the 16384 ranks"},
        Change{"tensor = 8", "tensor = 0", "from 1 to"},
        Change{"tensor = 8", "tensor = -8", "from 1 to"},
        Change{"tensor = 8", "tensor = 1.5", "whole number"},
        Change{"tensor = 8", "tensor = \"8\"", "whole number"},
        Change{"tensor = 8", "tensr = 8", "did you mean \"tensor\"?"},
        Change{"tensor = 8", "tensor = 256", "128 heads are not cut evenly by 256"},
        Change{"tensor = 8", "tensor = 8\ncontext = 3", "does not divide"},
        Change{"tensor = 8", "tensor = 8\ndata = 5", "leave data out"},
        Change{"tensor = 8", "tensor = 8\nexpert = 2", "the model has no experts"},
        Change{"pipeline = 16", "pipeline = 256", "126 layers do not fill 256 stages"},
        Change{"pipeline = 16", "pipeline = 1", "needs"},
        Change{"pipeline = 16", "pipeline = 16\nschedule = \"1f1\"", "did you mean \"1f1b\"?"},
        Change{"pipeline = 16", "pipeline = 16\nschedule = \"dualpipe\"", "DualPipe has"},
        Change{"pipeline = 16", "pipeline = 16\nschedule = \"1f1b\"\nvirtual_stages = 7",
               "only the interleaved schedule"},
        Change{"pipeline = 16", "pipeline = 16\nrecompute = \"some\"", "there are none, selective"},
        Change{"zero = 2", "zero = 7", "stages 0 to 3"},
        Change{"zero = 2", "zero = 2\nmicro_batch = 3", "a multiple of"},
        Change{"zero = 2", "zero = 2\nsequence_parallel = 1", "true or false"}));

INSTANTIATE_TEST_SUITE_P(
    Training, WrongScenario,
    ::testing::Values(
        Change{"global_batch = 2048", "global_batch = 2000", "a multiple of 128"},
        Change{"global_batch = 2048", "", "\"global_batch\" is missing"},
        Change{"sequence = 8192", "sequence = 1e99", "outside what it can be"},
        Change{"sequence = 8192", "sequence = nan", "whole number"},
        Change{"sequence = 8192", "sequence = 8192\nformat = \"bf61\"", "did you mean \"bf16\"?"},
        Change{"sequence = 8192", "sequence = 8192\nexpert_imbalance = 0.5", "from 1 to 1000"},
        Change{"sequence = 8192", "sequence = 8192\ngradient_bytes = 9", "from 1 to 4"},
        Change{"[training]", "[trainig]", "\"sequence\" is missing"},
        Change{"[plan]", "[run]\ntokens = -5\n[plan]", "outside what it can be"},
        Change{"[plan]", "[run]\ncapital_usd_per_chip = 9\nprice_usd_per_chip_hour = 2\n[plan]",
               "rented or owned, not both"},
        Change{"[plan]", "[software]\nprofile = \"megatron\"\n[plan]",
               "no software profile is called"},
        Change{"[plan]", "[software]\nmatmul_efficiency = 3\n[plan]", "from 0.01 to 1.5"},
        Change{"[plan]", "[adapters]\n[plan]", "\"rank\" is missing"},
        Change{"[plan]", "[adapters]\nrank = 0\n[plan]", "from 1 to"},
        Change{"[plan]", "[adapters]\nrank = 20000\n[plan]", "not low-rank"},
        Change{"[plan]", "[adapters]\nrank = 16\non = \"atention\"\n[plan]",
               "did you mean \"attention\"?"},
        Change{"vocab = 128256",
               "vocab = 128256\nexperts = 8\ntop_k = 2\nexpert_ffn = 64\n[adapters]\nrank = 4\n"
               "on = \"all\"",
               "adapters of experts"},
        Change{"[plan]", "[adapters]\nrank = 16\nalpha = 32\n[plan]", "alpha"}));

INSTANTIATE_TEST_SUITE_P(
    Models, WrongScenario,
    ::testing::Values(
        Change{"layers = 126", "layers = 0", "from 1 to"},
        Change{"layers = 126", "layers = 99999", "beyond any machine"},
        Change{"kv_heads = 8", "kv_heads = 7", "do not share"},
        Change{"kv_heads = 8", "kv_heads = 0", "at least one key-value head"},
        Change{"vocab = 128256", "vocab = 128256\nexperts = 8", "come with top_k"},
        Change{"vocab = 128256", "vocab = 128256\nexperts = 8\ntop_k = 9\nexpert_ffn = 64",
               "cannot choose 9 of 8"},
        Change{"vocab = 128256", "vocab = 128256\nconfig = \"nowhere.json\"", "cannot read"},
        Change{"ffn = 53248", "", "\"ffn\" is missing"}));

INSTANTIATE_TEST_SUITE_P(
    Systems, WrongScenario,
    ::testing::Values(
        Change{"chips = 16384", "chips = 0", "from 1 to"},
        Change{"chips = 16384", "chips = 99999999", "has at most 1048576 chips"},
        Change{"chips = 16384", "chips = 16384\n[[system.level]]\nname = \"nod\"",
               "\"kind\" is missing"},
        Change{"chips = 16384", "chips = 16384\n[system.chip]\nhbm = -3", "outside what it can be"},
        Change{"chips = 16384", "chips = 16384\n[system.chip]\nhbm = { value = 3, unit = \"W\" }",
               "is no unit of this key"},
        Change{"base = \"hgx-h100\"", "base = \"hgx-h10\"", "did you mean \"hgx-h100\"?"},
        Change{"base = \"hgx-h100\"", "base = 3", "non-empty string"},
        Change{"title = \"Llama-3-405B\"", "title = ", "not TOML"},
        Change{"title = \"Llama-3-405B\"", "titel = \"x\"", "did you mean \"title\"?"}));

TEST(WrongScenarioFile, SystemsThatNameEachOtherAreSaidSo) {
  const TemporaryFolder folder;
  folder.write("b.toml", "base = \"./a.toml\"\n");
  const std::string message =
      fault_of(with(kLlama, "hgx-h100", folder.write("a.toml", "base = \"./b.toml\"\n")));
  EXPECT_THAT(message, HasSubstr("more than 8 systems name each other"));
  EXPECT_THAT(message, HasSubstr("toml:1: base"));
}

TEST(WrongScenarioFile, ATruncatedConfigIsSaidWithItsLine) {
  const TemporaryFolder folder;
  const std::string config =
      folder.write("config.json", "{\n \"model_type\": \"llama\",\n \"hidden_size\": 4");
  const std::string message =
      fault_of(with(kLlama, "layers = 126", "layers = 126\nconfig = \"" + config + "\""));
  EXPECT_THAT(message, HasSubstr("config.json:3: not JSON"));
}

}  // namespace
}  // namespace trainyard
