use std::time::Duration;

/// The process, as the system sees it. None of a field is what the system does not tell.
///
/// What is counted (times, faults, switches) is counted since the process or thread began, in a snapshot
/// [since](crate::Snapshot::since) another between the two. Shares, like windows, have a span of their own.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ProcessStats {
    /// Its id.
    pub id: u32,
    /// The time over which shares were measured; none before there are two samples.
    pub period: Option<Duration>,
    /// CPU time, of threads that have ended too.
    pub cpu: Option<CpuTime>,
    /// The same as a share of the [period](Self::period).
    pub cpu_share: Option<CpuShare>,
    /// Processors that it may run on.
    pub processors: Option<f64>,
    /// Bytes of memory that are its own or shared, and not swapped out.
    pub resident: Option<u64>,
    /// The most that [`resident`](Self::resident) ever was.
    pub peak_resident: Option<u64>,
    /// Bytes of addresses that mean anything.
    pub virtual_size: Option<u64>,
    /// Pages that were there after all, or had only to be made.
    pub minor_faults: Option<u64>,
    /// Pages that had to be read from a disk.
    pub major_faults: Option<u64>,
    /// Times that a thread gave its processor away, to wait for something.
    pub voluntary_switches: Option<u64>,
    /// Times that a thread had its processor taken away.
    pub involuntary_switches: Option<u64>,
    /// Open file descriptors.
    pub open_files: Option<u64>,
    /// Descriptors that may be open; none where there is no limit, too.
    pub open_files_limit: Option<u64>,
    /// Threads that there are.
    pub thread_count: Option<u64>,
    /// Those of them with most CPU time in the period, the busiest first: as many as 64.
    pub threads: Vec<ThreadStats>,
    /// The rest of them together.
    pub other_threads: OtherThreads,
    /// What control groups allow; none where the system has none.
    pub cgroup: Option<CgroupStats>,
    /// Where tasks have to wait.
    pub pressure: Pressure,
    /// What it runs on.
    pub machine: MachineStats,
}

/// CPU time by where it was spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CpuTime {
    /// In the program itself.
    pub user: Duration,
    /// In the kernel, for it.
    pub system: Duration,
}

impl CpuTime {
    /// Both together.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.user.saturating_add(self.system)
    }
}

/// CPU time as a share of the time that passed: 1 is one processor's worth.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CpuShare {
    /// In the program itself.
    pub user: f64,
    /// In the kernel, for it.
    pub system: f64,
}

impl CpuShare {
    /// Both together.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.user + self.system
    }
}

/// One thread.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ThreadStats {
    /// Its name, of which the system keeps 15 bytes; `main` is that of the first.
    pub name: String,
    /// The system's id of it.
    pub id: u64,
    /// What it was doing when it was looked at.
    pub state: ThreadState,
    /// CPU time, to the system's ticks, usually 10 ms.
    pub cpu: CpuTime,
    /// CPU time as a share of the [period](ProcessStats::period), exact as a whole; parted as the system's ticks are.
    /// None for a thread that has begun since the last sample.
    pub cpu_share: Option<CpuShare>,
    /// Time in which it could have run and no processor was free.
    pub run_delay: Option<Duration>,
    /// Times that it gave its processor away, to wait for something.
    pub voluntary_switches: Option<u64>,
    /// Times that its processor was taken away.
    pub involuntary_switches: Option<u64>,
    /// Pages that were there after all, or had only to be made.
    pub minor_faults: u64,
    /// Pages that had to be read from a disk.
    pub major_faults: u64,
}

/// What a thread is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ThreadState {
    /// Runs, or would if a processor were free.
    Running,
    /// Waits for something.
    Sleeping,
    /// Waits for what cannot be interrupted, usually a disk.
    Blocked,
    /// Was stopped, by a debugger for instance.
    Stopped,
    /// Anything else.
    Other,
}

impl ThreadState {
    /// The state in a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Sleeping => "sleeping",
            Self::Blocked => "blocked",
            Self::Stopped => "stopped",
            Self::Other => "other",
        }
    }
}

/// Threads that are not [listed](ProcessStats::threads).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OtherThreads {
    /// How many.
    pub count: u64,
    /// Their CPU time as a share of the period, of those that were looked at.
    pub cpu_share: f64,
    /// Those of them that were not looked at, because there are more than 256 threads.
    pub unread: u64,
}

/// What the control groups around the process allow it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CgroupStats {
    /// Processors' worth of CPU time; none without a quota. Of several, the lowest.
    pub cpus: Option<f64>,
    /// How that quota has held it up.
    pub throttling: Option<Throttling>,
    /// Bytes in use, without what the kernel can drop at once, and bytes that may be, of the limit that is nearest to
    /// being reached; none without a limit.
    pub memory: Option<MemoryUse>,
}

/// How a quota of CPU time holds a process up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Throttling {
    /// The quota's periods in which some thread wanted to run, since the control group was made.
    pub periods: u64,
    /// Those of them in which the quota was used up.
    pub throttled: u64,
    /// Time in which threads were kept from running.
    pub time: Duration,
    /// Periods in which the quota was used up, as a share of those in the last [period](ProcessStats::period).
    pub share: Option<f64>,
}

/// Memory and its limit, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MemoryUse {
    /// In use.
    pub used: u64,
    /// As much as there may be.
    pub limit: u64,
}

impl MemoryUse {
    /// What is in use, as a share of what may be.
    #[must_use]
    pub fn share(&self) -> f64 {
        if self.limit == 0 { 0.0 } else { self.used as f64 / self.limit as f64 }
    }
}

/// The share of the last ten seconds in which some task had to wait for something: Linux' pressure stall information,
/// of the process' control group where the kernel counts for it, else of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Pressure {
    /// For a processor.
    pub cpu: Option<f64>,
    /// For memory to be reclaimed or read back.
    pub memory: Option<f64>,
    /// For a disk.
    pub io: Option<f64>,
}

/// What a process runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MachineStats {
    /// Processors that are in use.
    pub processors: Option<f64>,
    /// Tasks that ran or wanted to, on average over one, five and fifteen minutes.
    pub load: Option<[f64; 3]>,
    /// Tasks that run or want to at this moment, all processes together.
    pub runnable: Option<u64>,
    /// Memory that cannot be had any more, and all that there is.
    pub memory: Option<MemoryUse>,
}

impl ProcessStats {
    /// A thread by its name; none where two have it.
    #[must_use]
    pub fn thread(&self, name: &str) -> Option<&ThreadStats> {
        let mut named = self.threads.iter().filter(|thread| thread.name == name);
        let found = named.next()?;
        named.next().is_none().then_some(found)
    }

    /// Leaves what has been counted since `then`.
    pub(super) fn count_from(&mut self, then: &Self) {
        if self.id != then.id {
            // A forked child's, of which nothing is known before.
            return;
        }
        subtract_cpu(self.cpu.as_mut(), then.cpu);
        for (now, then) in [
            (&mut self.minor_faults, then.minor_faults),
            (&mut self.major_faults, then.major_faults),
            (&mut self.voluntary_switches, then.voluntary_switches),
            (&mut self.involuntary_switches, then.involuntary_switches),
        ] {
            subtract(now, then);
        }
        for thread in &mut self.threads {
            // Ids are used again; who has begun again has less.
            let is_same = |then: &&ThreadStats| then.id == thread.id && then.cpu.total() <= thread.cpu.total();
            if let Some(then) = then.threads.iter().find(is_same) {
                thread.count_from(then);
            }
        }
        let before = then.cgroup.and_then(|cgroup| cgroup.throttling);
        if let Some((now, then)) = self.cgroup.as_mut().and_then(|cgroup| cgroup.throttling.as_mut()).zip(before) {
            now.periods = now.periods.saturating_sub(then.periods);
            now.throttled = now.throttled.saturating_sub(then.throttled);
            now.time = now.time.saturating_sub(then.time);
        }
    }
}

impl ThreadStats {
    fn count_from(&mut self, then: &Self) {
        subtract_cpu(Some(&mut self.cpu), Some(then.cpu));
        subtract(&mut self.voluntary_switches, then.voluntary_switches);
        subtract(&mut self.involuntary_switches, then.involuntary_switches);
        self.minor_faults = self.minor_faults.saturating_sub(then.minor_faults);
        self.major_faults = self.major_faults.saturating_sub(then.major_faults);
        self.run_delay = self.run_delay.zip(then.run_delay).map(|(now, then)| now.saturating_sub(then));
    }
}

fn subtract(now: &mut Option<u64>, then: Option<u64>) {
    *now = now.zip(then).map(|(now, then)| now.saturating_sub(then));
}

fn subtract_cpu(now: Option<&mut CpuTime>, then: Option<CpuTime>) {
    if let (Some(now), Some(then)) = (now, then) {
        now.user = now.user.saturating_sub(then.user);
        now.system = now.system.saturating_sub(then.system);
    }
}
