use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::{fs, process};

use super::*;
use crate::shed::smooth::HOLDS;

/// A directory of files that look like the system's, as long as the test goes on.
struct Tree(PathBuf);

impl Tree {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("perf-guard-{}-{}", process::id(), COUNT.fetch_add(1, Relaxed));
        Self(std::env::temp_dir().join(name))
    }

    fn write(&self, file: &str, text: &str) {
        let file = self.0.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// One whose process is in the second version's control group of this path.
    fn second(path: &str) -> Self {
        let tree = Self::new();
        tree.write("proc/self/cgroup", &format!("0::{path}\n"));
        tree.write("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
        tree
    }

    /// One whose process is in the first version's control groups of this path.
    fn first(path: &str) -> Self {
        let tree = Self::new();
        tree.write("proc/self/cgroup", &format!("3:memory:{path}\n2:cpu,cpuacct:{path}\n"));
        tree.write(
            "proc/self/mountinfo",
            "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
             35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
        );
        tree
    }

    fn meminfo(&self, total: u64, available: u64) {
        self.write("proc/meminfo", &format!("MemTotal: {total} kB\nMemFree: 1 kB\nMemAvailable: {available} kB\n"));
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Of a second: as long as the average takes to come so near to a lasting load.
const SECOND: u64 = 1_000_000_000;

/// A system that is read once a minute, so that no average hides what was read.
struct Read {
    system: System,
    now: u64,
    process: Option<u64>,
}

impl Read {
    fn of(tree: &Tree) -> Self {
        Self { system: System::below(&tree.0, 0), now: 0, process: None }
    }

    /// The load by a source, read until all has been read.
    fn load(&mut self, source: LoadSource) -> Option<f64> {
        let mut load = None;
        for _ in 0..SELDOM {
            load = self.turn().of(source);
        }
        load
    }

    fn turn(&mut self) -> Load {
        self.now += 60 * SECOND;
        self.system.read(self.now, self.process)
    }

    /// The share of CPU time, where meanwhile `work` was done.
    fn cpu_after(&mut self, work: impl FnOnce()) -> Option<f64> {
        self.turn();
        work();
        self.turn().of(LoadSource::Cpu)
    }
}

fn is_about(load: Option<f64>, expected: f64) -> bool {
    load.is_some_and(|load| (load - expected).abs() < 1e-6)
}

const GROUP: &str = "sys/fs/cgroup/pod/shop";

#[test]
fn cpu_time_is_held_against_the_quota_of_the_control_group() {
    let tree = Tree::second("/pod/shop");
    tree.write(&format!("{GROUP}/cpu.max"), "150000 100000\n");
    let usage =
        |seconds: u64| tree.write(&format!("{GROUP}/cpu.stat"), &format!("usage_usec {}\n", seconds * 1_000_000));
    usage(100);
    let mut read = Read::of(&tree);
    assert_eq!(read.turn().of(LoadSource::Cpu), None, "one reading tells of no time");
    // In a minute, 72 of 90 seconds.
    assert!(is_about(read.cpu_after(|| usage(172)), 0.8));
}

#[test]
fn of_control_groups_within_each_other_the_one_that_is_fullest_counts() {
    let tree = Tree::second("/pod/shop");
    tree.write(&format!("{GROUP}/cpu.max"), "max 100000\n");
    tree.write("sys/fs/cgroup/pod/cpu.max", "200000 100000\n");
    tree.write(&format!("{GROUP}/memory.max"), "1000\n");
    tree.write(&format!("{GROUP}/memory.current"), "500\n");
    tree.write("sys/fs/cgroup/pod/memory.max", "2000\n");
    tree.write("sys/fs/cgroup/pod/memory.current", "1800\n");
    let usage =
        |seconds: u64| tree.write("sys/fs/cgroup/pod/cpu.stat", &format!("usage_usec {}\n", seconds * 1_000_000));
    usage(0);
    let mut read = Read::of(&tree);
    assert!(is_about(read.cpu_after(|| usage(60)), 0.5));
    assert!(is_about(read.load(LoadSource::Memory), 0.9));
}

#[test]
fn the_first_version_of_control_groups_says_the_same_in_other_words() {
    let tree = Tree::first("/docker/1");
    let cpu = "sys/fs/cgroup/cpu,cpuacct/docker/1";
    tree.write(&format!("{cpu}/cpu.cfs_quota_us"), "50000\n");
    tree.write(&format!("{cpu}/cpu.cfs_period_us"), "100000\n");
    let usage = |seconds: u64| tree.write(&format!("{cpu}/cpuacct.usage"), &format!("{}\n", seconds * SECOND));
    usage(1);
    let memory = "sys/fs/cgroup/memory/docker/1";
    tree.write(&format!("{memory}/memory.limit_in_bytes"), "1000\n");
    tree.write(&format!("{memory}/memory.usage_in_bytes"), "950\n");
    tree.write(&format!("{memory}/memory.stat"), "inactive_file 1\ntotal_inactive_file 250\n");
    tree.meminfo(1_000_000, 900_000);
    let mut read = Read::of(&tree);
    assert!(is_about(read.cpu_after(|| usage(22)), 0.7));
    assert!(is_about(read.load(LoadSource::Memory), 0.7));
}

#[test]
fn without_a_quota_the_processors_that_the_process_may_use_are_all_there_is() {
    let tree = Tree::first("/");
    tree.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
    tree.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    tree.write("proc/self/status", "Cpus_allowed_list:\t1\n");
    tree.write("proc/stat", "cpu 0 0 0 0\ncpu0 0 0 0 100 0 0 0 0\ncpu1 10 0 0 100 0 0 0 0\n");
    let mut read = Read::of(&tree);
    let stat = "cpu 0 0 0 0\ncpu0 0 0 0 900 0 0 0 0\ncpu1 70 0 10 110 10 0 0 10\n";
    assert!(is_about(read.cpu_after(|| tree.write("proc/stat", stat)), 0.8));
}

#[test]
fn a_quota_of_more_processors_than_there_are_is_one_of_all_of_them() {
    let tree = Tree::second("/pod/shop");
    tree.write("proc/self/status", "Cpus_allowed_list:\t0-1\n");
    tree.write(&format!("{GROUP}/cpu.max"), "1600000 100000\n");
    let usage =
        |seconds: u64| tree.write(&format!("{GROUP}/cpu.stat"), &format!("usage_usec {}\n", seconds * 1_000_000));
    usage(0);
    assert!(is_about(Read::of(&tree).cpu_after(|| usage(60)), 0.5));
}

#[test]
fn where_nothing_is_to_be_read_the_time_of_the_process_is_all_that_is_known() {
    let tree = Tree::new();
    let mut read = Read::of(&tree);
    assert_eq!(read.load(LoadSource::Cpu), None);
    read.process = Some(0);
    read.turn();
    read.process = Some(6 * SECOND);
    let processors = std::thread::available_parallelism().unwrap().get() as f64;
    let load = read.turn();
    assert!(is_about(load.of(LoadSource::Cpu), 0.1 / processors));
    assert_eq!(load.sources().count(), 1);
}

/// The load where of one processor all processes take these shares of a minute, and this one that.
fn with_others(busy: u64, own: u64) -> Load {
    let tree = Tree::new();
    tree.write("proc/self/status", "Cpus_allowed_list:\t0\n");
    tree.write("proc/pressure/cpu", "some avg10=80.00 avg60=0.00 avg300=0.00 total=0\n");
    tree.write("proc/stat", "cpu0 0 0 0 100\n");
    let mut read = Read::of(&tree);
    read.process = Some(0);
    for minute in 0..=SELDOM {
        tree.write("proc/stat", &format!("cpu0 {} 0 0 {}\n", busy * minute, (100 - busy) * minute));
        read.process = Some(own * minute * 60 * SECOND / 100);
        read.turn();
    }
    read.system.load
}

#[test]
fn what_others_take_of_the_machine_is_not_there_but_for_half_of_it() {
    let load = |busy, own| with_others(busy, own).of(LoadSource::Cpu);
    assert!(is_about(load(60, 60), 0.6), "alone");
    assert!(is_about(load(60, 40), 0.5), "of what is left");
    assert!(is_about(load(100, 75), 1.0), "nothing is left");
    assert!(is_about(load(100, 10), 0.2), "others will have to make room");
}

#[test]
fn of_the_machines_pressure_for_processors_a_process_has_its_part() {
    let pressure = |busy, own| with_others(busy, own).of(LoadSource::CpuPressure);
    assert!(is_about(pressure(100, 100), 0.8));
    assert!(is_about(pressure(100, 25), 0.2));
}

#[test]
fn memory_that_the_kernel_can_drop_at_once_is_not_used() {
    let tree = Tree::second("/pod/shop");
    tree.write(&format!("{GROUP}/memory.max"), "1000\n");
    tree.write(&format!("{GROUP}/memory.current"), "900\n");
    tree.write(&format!("{GROUP}/memory.stat"), "anon 600\ninactive_file 300\n");
    let mut read = Read::of(&tree);
    assert!(is_about(read.load(LoadSource::Memory), 0.6));
    tree.write(&format!("{GROUP}/memory.stat"), "anon 600\ninactive_file 99999\n");
    assert!(is_about(read.load(LoadSource::Memory), 0.0));
}

#[test]
fn a_limit_above_the_machines_memory_is_none() {
    let tree = Tree::first("/docker/1");
    tree.write("sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes", "9223372036854771712\n");
    tree.write("sys/fs/cgroup/memory/docker/1/memory.usage_in_bytes", "1\n");
    tree.meminfo(1_000_000, 400_000);
    assert!(is_about(Read::of(&tree).load(LoadSource::Memory), 0.6));
}

#[test]
fn the_pressure_is_the_control_groups_and_where_nobody_counts_it_the_machines() {
    let tree = Tree::second("/pod/shop");
    let of = |percent: &str| format!("some avg10={percent} avg60=0.00 avg300=0.00 total=0\n");
    tree.write("proc/pressure/cpu", &of("90.00"));
    tree.write("proc/pressure/io", &of("30.00"));
    tree.write(&format!("{GROUP}/cpu.pressure"), &of("10.00"));
    let mut read = Read::of(&tree);
    assert!(is_about(read.load(LoadSource::CpuPressure), 0.1));
    assert!(is_about(read.load(LoadSource::IoPressure), 0.3));
    assert_eq!(read.load(LoadSource::MemoryPressure), None);
}

#[test]
fn a_process_that_is_moved_is_found_again() {
    let tree = Tree::second("/pod/shop");
    for (group, used) in [("pod/shop", 100), ("other", 700)] {
        tree.write(&format!("sys/fs/cgroup/{group}/memory.max"), "1000\n");
        tree.write(&format!("sys/fs/cgroup/{group}/memory.current"), &format!("{used}\n"));
    }
    let mut read = Read::of(&tree);
    assert!(is_about(read.load(LoadSource::Memory), 0.1));
    tree.write("proc/self/cgroup", "0::/other\n");
    for _ in 0..VERY_SELDOM {
        read.turn();
    }
    assert!(is_about(read.load(LoadSource::Memory), 0.7));
}

#[test]
fn time_and_counts_that_go_back_are_no_load() {
    let tree = Tree::second("/pod/shop");
    tree.write(&format!("{GROUP}/cpu.max"), "100000 100000\n");
    let usage =
        |seconds: u64| tree.write(&format!("{GROUP}/cpu.stat"), &format!("usage_usec {}\n", seconds * 1_000_000));
    usage(1000);
    let mut read = Read::of(&tree);
    let before = read.cpu_after(|| usage(1030));
    assert!(is_about(before, 0.5));
    assert_eq!(
        read.cpu_after(|| usage(3)),
        Some(0.0),
        "nothing in the minute before, and nobody knows of the last one"
    );
    for _ in 0..=HOLDS {
        read.now = SECOND;
        read.system.read(read.now, None);
    }
    assert_eq!(read.system.read(read.now, None).of(LoadSource::Cpu), None, "for longer, it is not known any more");
}

#[test]
fn a_source_that_goes_away_has_no_part_in_the_load_any_more() {
    let tree = Tree::second("/pod/shop");
    tree.meminfo(100, 50);
    tree.write("proc/stat", "cpu0 1 0 0 100\n");
    let mut read = Read::of(&tree);
    read.cpu_after(|| tree.write("proc/stat", "cpu0 51 0 0 150\n"));
    assert!(is_about(read.load(LoadSource::Memory), 0.5));
    for file in ["proc/meminfo", "proc/stat"] {
        tree.write(file, "");
    }
    for _ in 0..=HOLDS {
        read.turn();
    }
    assert_eq!(read.turn(), Load::default());
}

/// Whatever this machine has.
#[cfg(target_os = "linux")]
#[test]
fn the_machine_that_this_runs_on_has_a_load() {
    let mut system = System::here(0);
    system.read(1, Some(1));
    // Until a tick has passed on some processor.
    let mut turns = 1;
    while system.load.of(LoadSource::Cpu).is_none() {
        turns += 1;
        system.read(turns, Some(turns));
        std::thread::yield_now();
    }
    let has = |file: &str| Path::new(file).exists();
    assert!(system.load.of(LoadSource::Cpu).is_some());
    assert!(system.load.of(LoadSource::Memory).is_some() || !has("/proc/meminfo"));
    assert!(system.load.sources().all(|(_, load)| (0.0..=1.0).contains(&load)), "{:?}", system.load);
    assert_eq!(system.load.of(LoadSource::Queueing), None, "that is no matter of the machine");
}
