// SPDX-License-Identifier: Apache-2.0
#include "report/trace.h"

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fault.h"
#include "report/result_fixture.h"
#include "report/trace_file.h"
#include "report/trace_reader.h"

namespace trainyard {
namespace {

class Trace : public ::testing::Test {
 protected:
  Trace() : path_(trace_file()) {}
  ~Trace() override { std::filesystem::remove(path_); }

  ReadTrace written(const KernelFixture& kernel) {
    write_trace(result_of(kernel), path_);
    return read_trace(path_);
  }

  std::string path_;
};

TEST_F(Trace, HasATrackForEveryEngineThatWorkedAndForItsWaits) {
  const ReadTrace trace = written(KernelFixture());
  EXPECT_EQ(trace.process, "small_kernel on trn2");
  std::vector<std::string> names;
  for (const ReadTrack& track : trace.tracks) names.push_back(track.name);
  EXPECT_THAT(names, ::testing::ElementsAre(
                         "TensorE", "TensorE waits", "VectorE", "VectorE waits", "SyncE",
                         "SyncE waits", "DMA queue of SyncE", "SBUF in use", "PSUM in use",
                         "HBM bandwidth", "power", "TensorE clock", "power: TensorE MACs",
                         "power: TensorE weight load", "power: SBUF", "power: PSUM",
                         "power: VectorE", "power: HBM", "power: DMA and on-chip network",
                         "power: dispatch", "power: idle share", "power: active share"));
}

TEST_F(Trace, ShowsAnInstructionWithItsTimesSourceAndOperands) {
  const ReadTrace trace = written(KernelFixture());
  const ReadTrack& tensor = trace.track("TensorE");
  ASSERT_EQ(tensor.slices.size(), 1u);
  const ReadSlice& matmul = tensor.slices[0];
  EXPECT_EQ(matmul.name, "nc_matmul");
  EXPECT_EQ(matmul.start_ns, 4000u);
  EXPECT_EQ(matmul.end_ns, 5000u);
  EXPECT_EQ(matmul.words.at("source"), "kernel.py:12");
  EXPECT_EQ(matmul.words.at("operands"),
            "dst psum float32[128,512] sum; stationary sbuf bfloat16[128,128] weights; "
            "moving sbuf bfloat16[128,512] moving");
  EXPECT_DOUBLE_EQ(matmul.numbers.at("retired after ns"), 1200);
  EXPECT_GT(matmul.numbers.at("dynamic energy nJ"), 0);
}

TEST_F(Trace, GivesProductsThatRunSideBySideRowsOfTheirOwn) {
  KernelFixture kernel;
  kernel.timeline.spans[2] = kernel.timeline.spans[1];
  kernel.timeline.spans[2].reason = WaitReason::none;
  kernel.timeline.order[static_cast<int>(Engine::tensor)] = {1, 2};
  const ReadTrace trace = written(kernel);
  EXPECT_EQ(trace.track("TensorE").slices.size(), 1u);
  EXPECT_EQ(trace.track("TensorE, another tile").slices.size(), 1u);
}

TEST_F(Trace, ShowsAWaitWithItsReasonAndWhatItWaitedFor) {
  const ReadTrace trace = written(KernelFixture());
  const ReadTrack& waits = trace.track("TensorE waits");
  ASSERT_EQ(waits.slices.size(), 1u);
  EXPECT_EQ(waits.slices[0].name, "operand not ready");
  EXPECT_EQ(waits.slices[0].start_ns, 0u);
  EXPECT_EQ(waits.slices[0].end_ns, 4000u);
  EXPECT_EQ(waits.slices[0].words.at("waiting"), "nc_matmul #1 at kernel.py:12");
  EXPECT_EQ(waits.slices[0].words.at("waited for"), "dma_copy #0 at kernel.py:11");
}

TEST_F(Trace, LeadsFromTheIssueOverTheTransferToTheConsumer) {
  const ReadTrace trace = written(KernelFixture());
  const ReadSlice& issue = trace.track("SyncE").slices.at(0);
  const ReadSlice& transfer = trace.track("DMA queue of SyncE").slices.at(0);
  const ReadSlice& matmul = trace.track("TensorE").slices.at(0);
  const ReadSlice& copy = trace.track("VectorE").slices.at(0);
  EXPECT_EQ(issue.flows_out, transfer.flows_in);
  EXPECT_EQ(transfer.flows_out, matmul.flows_in);
  EXPECT_EQ(matmul.flows_out, copy.flows_in);
  EXPECT_EQ(matmul.flows_in.size(), 1u);
  EXPECT_NE(matmul.flows_in, copy.flows_in);
}

TEST_F(Trace, CountsMemoryBandwidthWattsAndClock) {
  const KernelFixture kernel;
  const ReadTrace trace = written(kernel);
  const auto& sbuf = trace.track("SBUF in use").counts;
  ASSERT_EQ(sbuf.size(), 2u);
  EXPECT_EQ(sbuf[0].value, 128 * (1024 + 256 + 2048));
  EXPECT_EQ(sbuf[1].value, 0);
  // 128 KiB in 2 us.
  EXPECT_NEAR(trace.track("HBM bandwidth").counts.at(1).value, 131072 / 2000.0, 0.01);
  EXPECT_EQ(trace.track("power").unit, "W");
  EXPECT_EQ(trace.track("power").counts.size(), 10u);
  EXPECT_DOUBLE_EQ(trace.track("power: HBM").counts[4].value,
                   result_of(kernel).energy.window_w(4, Component::hbm));
  EXPECT_DOUBLE_EQ(trace.track("power").counts[4].value, result_of(kernel).energy.window_w(4));
  EXPECT_DOUBLE_EQ(trace.track("TensorE clock").counts.at(0).value,
                   kernel.machine.tensor.clock_hz * 1e-9);
}

TEST_F(Trace, GivesTransfersThatOverlapARowEach) {
  KernelFixture kernel;
  Transfer spill;
  spill.queue = KernelFixture::kSync;
  spill.first_packet = KernelFixture::us(2);
  spill.last_packet = spill.complete = KernelFixture::us(8);
  spill.bytes = spill.hbm_write_bytes = 4096;
  kernel.timeline.transfers.push_back(spill);
  const ReadTrace trace = written(kernel);
  int rows = 0, spills = 0;
  for (const ReadTrack& track : trace.tracks) {
    if (track.name != "DMA queue of SyncE") continue;
    ++rows;
    for (const ReadSlice& slice : track.slices) spills += slice.name == "spill";
  }
  EXPECT_EQ(rows, 2);
  EXPECT_EQ(spills, 1);
}

TEST_F(Trace, IsReadableByProtoc) {
  written(KernelFixture());
  if (std::system("protoc --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "no protoc";
  EXPECT_EQ(std::system(("protoc --decode_raw < " + path_ + " > /dev/null").c_str()), 0);
}

TEST_F(Trace, ThatCannotBeWrittenIsAFaultOfTheCommandLine) {
  const KernelFixture kernel;
  try {
    write_trace(result_of(kernel), "/nowhere/at/all.pftrace");
    FAIL() << "no fault";
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), FaultKind::usage);
    EXPECT_THAT(fault.message(), ::testing::HasSubstr("/nowhere/at/all.pftrace"));
    EXPECT_THAT(fault.message(), ::testing::HasSubstr("No such file or directory"));
  }
}

TEST_F(Trace, ToAFullDeviceIsAFault) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  const KernelFixture kernel;
  EXPECT_THROW(write_trace(result_of(kernel), "/dev/full"), Fault);
}

}  // namespace
}  // namespace trainyard
