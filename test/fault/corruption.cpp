#include "corruption.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "answers.h"
#include "refusal.h"
#include "wal/anchor.h"

namespace sendonce::fault {

namespace {

constexpr const char* kAnchor = "apart/anchor";

core::Seq AnchoredIn(const Image& image) {
  const auto found = image.find(kAnchor);
  if (found == image.end()) return 0;
  const auto anchor = wal::DecodeAnchor(*found->second);
  return anchor ? anchor->seq : 0;
}

void Put(Image& image, const std::string& path, const Image& from) {
  const auto found = from.find(path);
  if (found == from.end()) {
    image.erase(path);
  } else {
    image[path] = found->second;
  }
}

// The files that are not the same in both.
std::vector<std::string> Differing(const Image& one, const Image& other) {
  std::set<std::string> paths;
  for (const Image* image : {&one, &other}) {
    for (const auto& [path, content] : *image) paths.insert(path);
  }
  std::vector<std::string> differing;
  for (const std::string& path : paths) {
    const auto a = one.find(path);
    const auto b = other.find(path);
    const bool same = a != one.end() && b != other.end() && a->second == b->second;
    if (!same) differing.push_back(path);
  }
  return differing;
}

}  // namespace

Corruption::Corruption(const wal::Story& story) : story_(story), states_(story) {
  const auto place = folder_.path() / "sound";
  std::filesystem::create_directories(place / "apart");
  const auto log = wal::Log::Create(PathsIn(place), story.entries()[0]);
  const auto problem = std::get<0>(log)->Append(story.EntriesAfter(1));
  if (problem) throw std::runtime_error(problem->text());
  answers_ = std::get<0>(HashOfAnswers(*std::get<0>(log), story));
}

void Corruption::FlipBits(const Specimen& specimen, const std::string& file, const Sample& sample) {
  const std::string about = specimen.name + " " + file + ", a bit flipped";
  Image image = specimen.files;
  std::string& content = image.at(file).value();
  for (uint64_t bit = sample.first; bit < 8 * content.size(); bit += sample.stride) {
    const char mask = static_cast<char>(1 << bit % 8);
    content[bit / 8] = static_cast<char>(content[bit / 8] ^ mask);
    Look(image, specimen.anchored, tallies_[about], about + " " + std::to_string(bit));
    content[bit / 8] = static_cast<char>(content[bit / 8] ^ mask);
  }
}

void Corruption::Truncate(const Specimen& specimen, const std::string& file, const Sample& sample) {
  const std::string about = specimen.name + " " + file + ", cut";
  const std::string content = specimen.files.at(file).value();
  Image image = specimen.files;
  for (uint64_t size = sample.first; size < content.size(); size += sample.stride) {
    image[file] = content.substr(0, size);
    Look(image, specimen.anchored, tallies_[about], about + " to " + std::to_string(size));
  }
}

void Corruption::Remove(const Specimen& specimen, const std::string& file) {
  const std::string about = specimen.name + " " + file + ", missing";
  Image image = specimen.files;
  image.erase(file);
  Look(image, specimen.anchored, tallies_[about], about);
}

void Corruption::Mix(const Specimen& today, const Specimen& older) {
  const auto differing = Differing(today.files, older.files);
  for (uint64_t choice = 1; choice < uint64_t(1) << differing.size(); ++choice) {
    Image image = today.files;
    std::string which = today.name + " with";
    for (size_t i = 0; i < differing.size(); ++i) {
      if (!(choice >> i & 1)) continue;
      Put(image, differing[i], older.files);
      which += " " + differing[i];
    }
    const core::Seq anchored = AnchoredIn(image);
    const std::string whose = anchored == today.anchored ? today.name : older.name;
    auto& tally = tallies_[today.name + " with files of " + older.name + ", anchor of " + whose];
    Look(image, anchored, tally, which + " of " + older.name);
  }
}

TallyOfDamage Corruption::sum() const {
  TallyOfDamage sum;
  for (const auto& [about, tally] : tallies_) {
    sum.refused_at_start += tally.refused_at_start;
    sum.refused_when_read += tally.refused_when_read;
    sum.harmless += tally.harmless;
    sum.shorter_in_lag += tally.shorter_in_lag;
  }
  return sum;
}

void Corruption::Look(const Image& image, core::Seq anchored, TallyOfDamage& tally,
                      const std::string& about) {
  const auto place = folder_.path() / "image";
  std::filesystem::remove_all(place);
  WriteFiles(image, place);
  const auto paths = PathsIn(place);
  core::Seq last_seq = 0;
  Finding finding = Whole{};
  {
    const auto opened = wal::Log::Open(paths);
    if (const auto* problem = std::get_if<wal::Problem>(&opened)) {
      ++tally.refused_at_start;
      return Hear(*problem, about);
    }
    const wal::Log& log = *std::get<0>(opened);
    last_seq = log.last_seq();
    // A shorter one is compared below, with what it was when it was so short.
    if (last_seq == states_.last_seq()) finding = Read(log);
  }
  if (last_seq < anchored) finding = Wrong{"it opens, and is shorter than its anchor says"};
  if (std::holds_alternative<Whole>(finding)) {
    finding = states_.Compare(paths.wal_directory, last_seq);
  }
  if (const auto* refused = std::get_if<Refused>(&finding)) {
    ++tally.refused_when_read;
    return Hear(refused->problem, about);
  }
  if (const auto* wrong = std::get_if<Wrong>(&finding)) {
    return findings_.push_back(about + ": " + wrong->what);
  }
  ++(last_seq == states_.last_seq() ? tally.harmless : tally.shorter_in_lag);
}

Finding Corruption::Read(const wal::Log& log) const {
  const auto answers = HashOfAnswers(log, story_);
  if (const auto* problem = std::get_if<wal::Problem>(&answers)) {
    if (log.failure() != *problem) return Wrong{"a Problem does not latch"};
    return Refused{*problem};
  }
  if (std::get<0>(answers) != answers_) return Wrong{"an answer is not what it was"};
  return Whole{log.last_seq()};
}

// It has to name a place or a record, and a way out.
void Corruption::Hear(const wal::Problem& problem, const std::string& about) {
  const auto place = folder_.path() / "image";
  ++sayings_[Saying(problem, place)];
  const bool names = problem.what.find(place) != std::string::npos ||
                     problem.what.starts_with("The WAL is damaged: ");
  if (!names) findings_.push_back(about + ": a refusal names nothing: " + problem.text());
  const bool blames_disk = problem.what.starts_with("The disk refused");
  if (blames_disk) findings_.push_back(about + ": damage is called an error: " + problem.text());
  if (problem.way_out.empty()) findings_.push_back(about + ": a refusal without a way out");
}

}  // namespace sendonce::fault
