//! On what was measured, in words that name no particular machine.

use std::fs;
use std::process::Command;
use std::thread;

/// Settings for the GNU C library, as value of the environment variable `GLIBC_TUNABLES`. Without them chance decides more than
/// the code does.
///
/// - It copies larger pieces with one instruction that repeats itself (`rep movsb`), which some processors run eight times slower if
///   the two addresses happen to lie badly to each other. And callgrind counts it once for each byte. So: copy by vectors, as the
///   library does on other processors.
/// - It gives large pieces of memory back and asks for them again, or not, depending on what else was allocated before. So: keep
///   the memory.
pub const C_LIBRARY: &str = "glibc.cpu.x86_rep_movsb_threshold=0x7fffffffffff:\
                             glibc.cpu.x86_rep_stosb_threshold=0x7fffffffffff:\
                             glibc.malloc.mmap_threshold=0x40000000:\
                             glibc.malloc.trim_threshold=0x7fffffffffff";

/// The environment variable for [`C_LIBRARY`].
pub const C_LIBRARY_VARIABLE: &str = "GLIBC_TUNABLES";

/// A sentence on processor, system and compiler.
pub fn describe() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown processor", |(_, model)| model.trim());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let compiler = Command::new("rustc").arg("--version").output().ok();
    let compiler = compiler.and_then(|output| String::from_utf8(output.stdout).ok());
    // "rustc 1.95.0 (f2d3ce0bd 2026-03-21)"
    let compiler = compiler
        .as_deref()
        .and_then(|text| text.split(" (").next())
        .unwrap_or("rustc")
        .trim()
        .to_owned();
    format!(
        "{} ({model}, {cores} cores), {}, {compiler}",
        std::env::consts::ARCH.replace('_', "-"),
        std::env::consts::OS,
    )
}
