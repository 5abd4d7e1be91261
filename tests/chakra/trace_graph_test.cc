// SPDX-License-Identifier: Apache-2.0
#include "chakra/trace_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chakra/trace_fixture.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;
using wire::collective;
using wire::compute;
using wire::receive;
using wire::send;

using WrongTraces = Traces;

TEST_F(WrongTraces, AParentThatIsNotThere) {
  give({{compute(1, 5), compute(2, 5, {9})}});
  EXPECT_THAT(fault_of_replay(),
              HasSubstr("t.0.et: node 2 \"n\": it depends on node 9, which is not there"));
}

TEST_F(WrongTraces, NodesThatWaitForEachOther) {
  give({{compute(1, 5), compute(2, 5, {1, 4}), compute(3, 5, {2}), compute(4, 5, {3}),
         compute(5, 5, {4})}});
  EXPECT_THAT(fault_of_replay(), HasSubstr("3 nodes wait for each other: 2 on 4 on 3 on 2"));
  give({{compute(1, 5, {1})}});
  EXPECT_THAT(fault_of_replay(), HasSubstr("1 nodes wait for each other: 1 on 1"));
}

TEST_F(WrongTraces, ARankThatNeverArrives) {
  give({{collective(1, 0, 8), collective(2, 0, 8)}, {collective(1, 0, 8)}});
  EXPECT_THAT(fault_of_replay(), HasSubstr("t.0.et: node 2 \"n\": rank 1 never arrives at this "
                                           "all-reduce of group \"everybody\": "));
  EXPECT_THAT(fault_of_replay(), HasSubstr("t.1.et has fewer collectives"));
  give({{compute(1, 1)}, {collective(1, 0, 8)}, {collective(1, 0, 8)}});
  EXPECT_THAT(fault_of_replay(), HasSubstr("t.1.et: node 1 \"n\": rank 0 never arrives"));
}

TEST_F(WrongTraces, CollectivesThatDiffer) {
  give({{collective(1, 0, 8)}, {collective(4, 2, 8)}});
  EXPECT_THAT(fault_of_replay(), HasSubstr("t.1.et: node 4 \"n\": all-gather here, but all-reduce "
                                           "in "));
  give({{collective(1, 0, 8)}, {collective(4, 0, 16)}});
  EXPECT_THAT(fault_of_replay(), HasSubstr("comm_size 16 here, but 8 in "));
  give({{collective(1, 6, 8)}, {collective(4, 6, 16)}});  // all-to-all need not be even
  EXPECT_EQ(fault_of_replay(), "no fault");
}

TEST_F(WrongTraces, GroupsThatNobodyKnows) {
  give({{collective(1, 0, 8, {}, "5")}, {compute(1, 1)}});
  EXPECT_THAT(fault_of_replay(), HasSubstr("the process group \"5\" is unknown (name a groups "
                                           "file"));
  folder_.write("groups.json", "{\"4\": [0, 1]}");
  workload_ = "groups = \"groups.json\"";
  EXPECT_THAT(fault_of_replay(), HasSubstr("the process group \"5\" is unknown (add it to"));
  folder_.write("groups.json", "{\"5\": [1]}");
  EXPECT_THAT(fault_of_replay(), HasSubstr("rank 0 is not in its process group \"5\""));
}

TEST_F(WrongTraces, GroupsFilesThatListNoRanks) {
  give({{compute(1, 1)}, {compute(1, 1)}});
  workload_ = "groups = \"groups.json\"";
  const auto told = [&](const std::string& text, const std::string& rule) {
    folder_.write("groups.json", text);
    EXPECT_THAT(fault_of_replay(), HasSubstr("groups.json:2: \"1\": " + rule));
  };
  told("{\n\"1\": 3}", "a group is a list of ranks");
  told("{\n\"1\": [0, 2]}", "a group lists ranks from 0 to 1");
  told("{\n\"1\": [0, 0.5]}", "a group lists ranks from 0 to 1");
  told("{\n\"1\": [0, 1, 0]}", "a group lists a rank twice");
  told("{\n\"1\": []}", "a group has at least one rank");
  told("{\n\"1\": {\"ranks\": [0]}}", "a group is a list of ranks");
}

TEST_F(WrongTraces, ProcessGroupsOfMetadataThatAreNoneOfTheirs) {
  const auto told = [&](const std::string& groups, const std::string& rule) {
    give({{{3, 1, {}, {}, 0, wire::text(8, wire::text(1, groups)), "process_group:init"},
           compute(4, 1)}});
    EXPECT_THAT(fault_of_replay(), HasSubstr("t.0.et: node 3 \"process_group:init\": " + rule));
  };
  told("['[{\"pg_name\": }]']", "its process groups are no JSON");
  told("['[{\"pg_name\": \"1\"}]']", "a process group has pg_name and ranks");
  told("['[{\"pg_name\": \"1\", \"ranks\": [7]}]']", "a group lists ranks from 0 to 0");
}

TEST_F(WrongTraces, MessagesThatNobodyTakesOrSends) {
  give({{send(1, 1, 8, {}, 3)}, {receive(2, 0, 8, {}, 4)}});
  EXPECT_THAT(fault_of_replay(), HasSubstr("rank 1 has no receive for it: tag 3, the 1. of"));
  give({{compute(1, 1)}, {receive(2, 0, 8, {}, 4)}});
  EXPECT_THAT(fault_of_replay(), HasSubstr("t.1.et: node 2 \"n\": rank 0 has no send for it"));
  give({{send(1, 1, 8)}, {receive(2, 0, 9)}});
  EXPECT_THAT(fault_of_replay(), HasSubstr("it takes 9 bytes, but "));
  give({{send(1, 6, 8)}, {receive(2, 0, 8)}});
  EXPECT_THAT(fault_of_replay(), HasSubstr("there is no rank 6 (ranks are counted from 0 to 1)"));
}

TEST_F(WrongTraces, RanksThatWaitForEachOtherForEver) {
  // Each receives before it sends.
  give({{receive(1, 1, 8), send(2, 1, 8, {1})}, {receive(1, 0, 8), send(2, 0, 8, {1})}});
  EXPECT_THAT(fault_of_replay(), HasSubstr("t.0.et: node 1 \"n\": the ranks wait for each other: "
                                           "rank 0 is here and waits for node 2 \"n\" of "));
  // Two groups' collectives in crossed order.
  folder_.write("groups.json", R"({"1": [0, 1], "2": [0, 1, 2]})");
  workload_ = "groups = \"groups.json\"";
  give({{collective(1, 0, 8, {}, "1"), collective(2, 0, 8, {1}, "2")},
        {collective(1, 0, 8, {2}, "1"), collective(2, 0, 8, {}, "2")},
        {collective(2, 0, 8, {}, "2")}});
  EXPECT_THAT(fault_of_replay(), HasSubstr("the ranks wait for each other: rank 0 is here and "
                                           "waits for node 1 \"n\" of "));
}

TEST_F(WrongTraces, ARankWithoutATrace) {
  give({{compute(1, 1)}});
  ranks_ = 2;
  EXPECT_THAT(fault_of_replay(), HasSubstr("t.1.et: the trace of rank 1 is missing"));
  represents_ = 3;
  EXPECT_THAT(fault_of_replay(), HasSubstr("2 ranks are not cut evenly into 3"));
}

TEST_F(WrongTraces, KeysThatAScenarioOfTracesDoesNotHave) {
  give({{compute(1, 1)}});
  workload_ = "chakras = 1";
  EXPECT_THAT(fault_of_replay(), HasSubstr("chakra"));
  workload_ = "compute = \"guessed\"";
  EXPECT_THAT(fault_of_replay(), HasSubstr("recorded"));
  workload_ = "[plan]";
  EXPECT_THAT(fault_of_replay(), HasSubstr("plan"));
}

}  // namespace
}  // namespace trainyard
