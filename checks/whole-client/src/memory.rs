//! How much memory this process has, in bytes, as Linux counts it.

use std::error::Error;

/// What is in memory now.
pub(crate) fn resident() -> Result<usize, Box<dyn Error>> {
    status("VmRSS:")
}

/// The most that there ever was.
pub(crate) fn most() -> Result<usize, Box<dyn Error>> {
    status("VmHWM:")
}

fn status(name: &str) -> Result<usize, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.ok_or("not Linux")?.trim().trim_end_matches(" kB");
    Ok(kib.parse::<usize>()? * 1024)
}
