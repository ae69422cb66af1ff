"""Lives of a log on a recorded disk, the cuts that end them, and what is found afterwards."""

import random
import shutil
import signal
import subprocess
from bisect import bisect_right
from collections import Counter

from mounted_disk import MAKE, REPAIR, RecordedDisk, Unmountable

FATES = ("dropped", "kept", "prefix", "subset", "torn")
IMAGES_PER_CUT_IN_RECOVERY = 16
CUTS_IN_A_RECOVERY = 3
# Of the cuts; the others are behind the first acknowledgement, where there is something to lose.
CUTS_ANYWHERE = 0.05
# Where a life has little that is undecided, the dice give the same image again and again.
TRIES_PER_IMAGE = 20


class Tally:
    def __init__(self):
        self.lives = 0
        self.events = 0
        self.flushes = 0
        self.overtaking = 0  # flushes that were begun while a write was under way
        self.again = 0  # of cuts while an image recovered; among the others
        self.torn_from = 0  # images of moments at which something was not durable
        self.whole, self.unmade, self.unmountable, self.wrong = (Counter() for _ in range(4))
        self.refusals = Counter()  # of the file system, by what it said
        self.repaired = Counter()  # of those that did not mount, what was found after a repair
        self.findings = []

    def opened(self):
        return sum((self.whole + self.unmade + self.wrong).values())

    def images(self):
        return self.opened() + sum(self.unmountable.values())


class Marks:
    """What was acknowledged, by position in the record."""

    def __init__(self, text, end):
        pairs = [tuple(map(int, line.split())) for line in text.splitlines()]
        self._positions = [position for position, _ in pairs]
        self._seqs = [seq for _, seq in pairs]
        self.end = end

    @property
    def first(self):
        return self._positions[0]

    def acknowledged_before(self, position):
        """By the end of so many events."""
        count = bisect_right(self._positions, position)
        return self._seqs[count - 1] if count else 0


class Looker:
    """The program that opens what is left of one life's log."""

    def __init__(self, program, seed, folder):
        self._command = [program, "look", str(seed), folder]
        self._start()

    def _start(self):
        self._process = subprocess.Popen(self._command, text=True, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def look(self, at_least):
        """("whole", seq), ("refused", why), ("wrong", what) or ("died", how)."""
        print(at_least, file=self._process.stdin, flush=True)
        verdict, _, rest = self._process.stdout.readline().strip().partition(" ")
        if verdict:
            return verdict, rest
        _, said = self._process.communicate()
        status = self._process.returncode
        self._start()
        return "died", signal.Signals(-status).name if status < 0 else f"{status}: {said.strip()}"

    def close(self):
        self._process.communicate()


class Lives:
    def __init__(self, programs, folder, file_system, arguments):
        self.tally = Tally()
        self._programs = programs
        self._folder = folder
        self.file_system = file_system
        self._arguments = arguments

    def live(self, seed):
        """One life, and images of it."""
        folder = self._folder / str(seed)
        folder.mkdir()
        disk = RecordedDisk(self._programs / "recorded-disk", folder, MAKE[self.file_system][2],
                            self._arguments.plant == "deaf-disk")
        try:
            marks = self._live_on(disk, seed)
            life = CutLife(self, disk, seed, marks)
            try:
                life.cut(self._arguments.images_per_life)
            finally:
                life.close()
        finally:
            disk.close()
        shutil.rmtree(folder)

    def mounted(self, disk):
        return disk.mounted(self.file_system, self._arguments.mount_options)

    def looker(self, disk, seed):
        return Looker(self._programs / "mounted-log", seed, data_folder(disk))

    def keep(self, disk, name, cut):
        """The image of that cut, made again, as a file that can be mounted."""
        if not self._arguments.keep:
            return
        self._arguments.keep.mkdir(parents=True, exist_ok=True)
        disk.command("cut", *cut)
        subprocess.run(["cp", "--sparse=always", disk.file,
                        self._arguments.keep / f"{self.file_system}-{name}"], check=True)

    def _live_on(self, disk, seed):
        subprocess.run([*MAKE[self.file_system][0], disk.file], check=True,
                       stdout=subprocess.DEVNULL)
        disk.command("base")
        plant = self._arguments.plant
        omitted = [plant] if plant and plant != "deaf-disk" else []
        with self.mounted(disk):
            marks = subprocess.run(
                [self._programs / "mounted-log", "live", str(seed), data_folder(disk), disk.control,
                 *omitted], check=True, text=True, stdout=subprocess.PIPE).stdout
        _, end, flushes, overtaking, _, _ = disk.status()
        self.tally.lives += 1
        self.tally.events += end
        self.tally.flushes += flushes
        self.tally.overtaking += overtaking
        return Marks(marks, end)


def data_folder(disk):
    """Two new folders deep, as sendonced makes its own."""
    return disk.mount_point / "sendonce" / "regtest"


class CutLife:
    """The images of one life."""

    def __init__(self, lives, disk, seed, marks):
        self._lives = lives
        self._tally = lives.tally
        self._disk = disk
        self._seed = seed
        self._marks = marks
        self._random = random.Random(seed)
        self._seen = set()
        self._looker = lives.looker(disk, seed)

    def close(self):
        self._looker.close()

    def cut(self, images):
        """So many different ones of the life, if the dice give them, and some of recoveries."""
        before = self._tally.images() - self._tally.again
        for _ in range(images * TRIES_PER_IMAGE):
            if self._tally.images() - self._tally.again - before >= images:
                break
            anywhere = self._random.random() < CUTS_ANYWHERE
            position = self._random.randint(0 if anywhere else self._marks.first, self._marks.end)
            at_least = self._marks.acknowledged_before(position)
            found = self._look_at(0, position, at_least)
            if found and self._random.randrange(IMAGES_PER_CUT_IN_RECOVERY) == 0:
                self._cut_recovery(at_least, *found)

    def _look_at(self, level, position, at_least, parent=None):
        """If the image is new and whole: its last record, where in the record of its recovery that
        was seen, and its fingerprint."""
        fate = self._random.choice(FATES)
        cut = (level, position, fate, self._random.getrandbits(32))
        self._disk.command("cut", *cut)
        *_, fingerprint, undecided = self._disk.status()
        if (parent, fingerprint, at_least) in self._seen:
            return None
        self._seen.add((parent, fingerprint, at_least))
        self._tally.torn_from += undecided > 0
        self._tally.again += level > 0
        try:
            with self._lives.mounted(self._disk):
                verdict, rest = self._looker.look(at_least)
                seen_at = self._disk.position()
        except Unmountable as refusal:
            self._tally.unmountable[fate] += 1
            self._tally.refusals[str(refusal)] += 1
            self._lives.keep(self._disk, f"unmountable-{self._tally.images()}", cut)
            self._repair(at_least)
            return None
        last = self._judge(cut, at_least, verdict, rest)
        return (last, seen_at, fingerprint) if last else None

    def _repair(self, at_least):
        """The image is gone for its file system; whether its tool brings the log back is another
        question."""
        if self._lives.file_system not in REPAIR:
            return
        self._disk.repair(self._lives.file_system)
        try:
            with self._lives.mounted(self._disk):
                verdict, why = self._looker.look(at_least)
        except Unmountable:
            self._tally.repaired["still does not mount"] += 1
            return
        if verdict == "refused" and at_least == 0:
            verdict = "not made yet"
        elif verdict != "whole":
            verdict = f"{verdict} ({at_least} acknowledged: {why})"
        self._tally.repaired[verdict] += 1

    def _judge(self, cut, at_least, verdict, rest):
        """The last record, if all is well."""
        fate = cut[2]
        if verdict == "whole":
            self._tally.whole[fate] += 1
            return int(rest)
        if verdict == "refused" and at_least == 0:
            self._tally.unmade[fate] += 1
            return None
        self._tally.wrong[fate] += 1
        about = f"seed {self._seed}, cut {' '.join(map(str, cut))}, {at_least} acknowledged"
        self._tally.findings.append(f"{about}: {verdict}: {rest}")
        self._lives.keep(self._disk, f"wrong-{self._tally.images()}", cut)
        return None

    def _cut_recovery(self, at_least, last, seen_at, fingerprint):
        """The record of the image that was just looked at is level 1. What its opening showed was
        durable from then on."""
        end = self._disk.position()
        for _ in range(CUTS_IN_A_RECOVERY):
            position = self._random.randint(0, end)
            self._look_at(1, position, last if position >= seen_at else at_least, fingerprint)
