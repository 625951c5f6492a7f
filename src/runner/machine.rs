//! What the machine says about itself: CPU, memory, load. Unknown is `None`, never a guess.

use crate::store::Machine;

/// The machine now. The second load figure is filled in after the run.
pub fn describe() -> Machine {
    Machine {
        cpu: proc_field("/proc/cpuinfo", "model name"),
        cpus: std::thread::available_parallelism().map_or(1, usize::from),
        memory_bytes: kib("/proc/meminfo", "MemTotal"),
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        load: (load(), None),
    }
}

/// Load average over one minute.
pub fn load() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// Resident memory of this process, bytes. Linux only.
pub fn resident_bytes() -> Option<u64> {
    kib("/proc/self/status", "VmRSS")
}

/// Largest resident memory this process ever had, bytes. Linux only.
pub fn peak_resident_bytes() -> Option<u64> {
    kib("/proc/self/status", "VmHWM")
}

fn kib(path: &str, name: &str) -> Option<u64> {
    let value = proc_field(path, name)?;
    let number: u64 = value.trim_end_matches("kB").trim().parse().ok()?;
    Some(number * 1024)
}

/// The value of `name: value` in one of the kernel's text files.
fn proc_field(path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim().to_owned())
}
