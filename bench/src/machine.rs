//! On what was measured, in words that name no particular machine.

use std::fs;
use std::process::Command;
use std::thread;

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
