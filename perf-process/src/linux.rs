//! What `/proc` says of the process and its threads.

use perf_core::ThreadState;
use procfs::process::{LimitValue, Process, Task};
use procfs::{Current, LoadAverage, page_size, ticks_per_second};

use crate::reading::{Memory, Reading, Thread};

/// Threads that are looked at; more are only counted.
const MOST_READ: usize = 256;

/// What cannot be read is none: a file system that is not mounted, a kernel without the file, no descriptor left.
pub(crate) fn read(reading: &mut Reading) {
    reading.machine.load = None;
    if let Ok(load) = LoadAverage::current() {
        reading.machine.load = Some([load.one, load.five, load.fifteen].map(f64::from));
        reading.machine.runnable = Some(load.cur.into());
    }
    let Ok(process) = Process::myself() else { return };
    if let Ok(memory) = process.statm() {
        let page = page_size();
        reading.memory = Some(Memory { resident: memory.resident * page, virtual_size: memory.size * page });
    }
    reading.open_files = open_files(&process);
    reading.open_files_limit = process.limits().ok().and_then(|limits| match limits.max_open_files.soft_limit {
        LimitValue::Value(limit) => Some(limit),
        LimitValue::Unlimited => None,
    });
    read_threads(reading, &process);
}

/// Newer kernels say it as the size of the directory, which needs no descriptor: there may be none left.
fn open_files(process: &Process) -> Option<u64> {
    let told = std::fs::metadata("/proc/self/fd").ok().map(|files| files.len()).filter(|count| *count > 0);
    // The directory that is read to count them is one, and `process` has one.
    told.or_else(|| Some((process.fd_count().ok()? as u64).saturating_sub(1)))
}

fn read_threads(reading: &mut Reading, process: &Process) {
    let Ok(tasks) = process.tasks() else { return };
    let tick = 1_000_000_000 / ticks_per_second().max(1);
    let mut count = 0;
    for task in tasks.flatten() {
        count += 1;
        // One that has just ended is none.
        if reading.threads.len() < MOST_READ {
            reading.threads.extend(thread(&task, tick));
        }
    }
    reading.thread_count = Some(count);
}

fn thread(task: &Task, tick: u64) -> Option<Thread> {
    let stat = task.stat().ok()?;
    let times = task.schedstat().ok();
    let switches = task.status().ok();
    Some(Thread {
        id: task.tid as u64,
        begun: stat.starttime,
        // As the standard library calls it; the system gives it the program's name.
        name: if task.tid == task.pid { "main".to_owned() } else { stat.comm.clone() },
        state: state(stat.state),
        user: stat.utime.saturating_mul(tick),
        system: stat.stime.saturating_mul(tick),
        ran: times.as_ref().map(|times| times.sum_exec_runtime),
        waited: times.map(|times| times.run_delay),
        voluntary_switches: switches.as_ref().and_then(|status| status.voluntary_ctxt_switches),
        involuntary_switches: switches.and_then(|status| status.nonvoluntary_ctxt_switches),
        minor_faults: stat.minflt,
        major_faults: stat.majflt,
    })
}

fn state(letter: char) -> ThreadState {
    match letter {
        'R' => ThreadState::Running,
        'S' => ThreadState::Sleeping,
        'D' => ThreadState::Blocked,
        'T' | 't' => ThreadState::Stopped,
        _ => ThreadState::Other,
    }
}
