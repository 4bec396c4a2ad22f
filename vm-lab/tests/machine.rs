// SPDX-License-Identifier: MIT OR Apache-2.0
//! Boots real machines: seconds each, and the first run fetches kernels. Run with `--run-ignored all`.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use spile_vm_lab::{Cell, Kernel, Lines, Machine, Verdict};

const LIMIT: Duration = Duration::from_secs(300);

fn kernel(name: &str) -> Kernel {
    Cell::parse(name).unwrap().prepare(&Lines).unwrap()
}

/// What the program printed, and the verdict.
fn run(cell: &str, command: &str) -> (String, Verdict) {
    let mut machine = Machine::builder(&kernel(cell)).command(command).start().unwrap();
    let mut stream = machine.stream().unwrap();
    let mut said = Vec::new();
    stream.read_to_end(&mut said).unwrap();
    (String::from_utf8(said).unwrap(), machine.wait(LIMIT).unwrap())
}

/// The stream carries 4 MiB there and back unchanged, and its end is the end of the program's input.
fn echoes(cell: &str) {
    let mut machine = Machine::builder(&kernel(cell)).command("exec cat").smp(2).start().unwrap();
    let sent: Vec<u8> = (0..4 << 20).map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut writer = machine.stream().unwrap();
    let mut reader = machine.stream().unwrap();
    let mut got = vec![0; sent.len()];
    std::thread::scope(|scope| {
        scope.spawn(|| writer.write_all(&sent).unwrap());
        reader.read_exact(&mut got).unwrap();
    });
    assert!(got == sent, "the stream changed its bytes");
    let verdict = machine.shutdown(LIMIT).unwrap();
    assert!(verdict.is_clean(), "{verdict}");
}

#[test]
#[ignore = "boots a machine"]
fn echoes_on_amd64() {
    echoes("debian-6.1-amd64");
}

#[test]
#[ignore = "boots a machine"]
fn echoes_on_arm64() {
    echoes("debian-6.1-arm64");
}

#[test]
#[ignore = "boots a machine"]
fn nothing_printed_is_lost_at_power_off() {
    let (said, verdict) = run("debian-6.1-amd64", "seq 1 200000; exit 3");
    assert_eq!(said.lines().count(), 200_000);
    assert!(said.ends_with("\n200000\n"));
    assert_eq!((verdict.exit_code, verdict.splats.len()), (Some(3), 0), "{verdict}");
}

#[test]
#[ignore = "boots a machine"]
fn an_oops_ends_the_machine_and_is_told() {
    let (_, verdict) = run("debian-6.1-arm64", "echo c > /proc/sysrq-trigger; echo survived");
    assert_eq!(verdict.exit_code, None, "{verdict}");
    assert!(verdict.splats[0].excerpt.contains("Kernel panic - not syncing: sysrq triggered crash"), "{verdict}");
}

#[test]
#[ignore = "boots a machine"]
fn counted_instructions_repeat() {
    let uptime = || {
        let kernel = kernel("debian-6.1-amd64");
        let script = "sleep 1; date +%Y; cut -d' ' -f1 /proc/uptime";
        let mut machine = Machine::builder(&kernel).icount().command(script).start().unwrap();
        let mut said = String::new();
        machine.stream().unwrap().read_to_string(&mut said).unwrap();
        assert!(machine.wait(LIMIT).unwrap().is_clean());
        said
    };
    let said = uptime();
    assert!(said.starts_with("2026\n"), "{said}");
    assert_eq!(said, uptime());
}

#[test]
#[ignore = "boots a machine"]
fn a_machine_that_does_not_boot_is_told_with_its_console() {
    let kernel = kernel("debian-6.1-amd64");
    let started = Machine::builder(&kernel).append("rdinit=/no/such/init").start();
    let Err(error) = started else { panic!("it booted") };
    let error = error.to_string();
    assert!(error.starts_with("the machine debian-6.1-amd64 did not boot: QEMU ended"), "{error}");
    assert!(error.contains("Kernel panic - not syncing"), "{error}");
}

#[test]
#[ignore = "boots machines"]
fn machines_run_side_by_side_each_with_its_stream() {
    let start = |name| Machine::builder(&kernel(name)).command("read x; echo $x $(uname -m)").start().unwrap();
    let mut machines = ["debian-6.1-amd64", "debian-6.1-arm64"].map(start);
    for (index, machine) in machines.iter().enumerate() {
        machine.stream().unwrap().write_all(format!("number {index}\n").as_bytes()).unwrap();
    }
    let expected = ["number 0 x86_64\n", "number 1 aarch64\n"];
    for (machine, expected) in machines.iter_mut().zip(expected) {
        let mut said = String::new();
        machine.stream().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(said, expected);
        assert!(machine.wait(LIMIT).unwrap().is_clean());
    }
}

#[test]
#[ignore = "boots a machine"]
fn an_agent_gets_its_arguments_and_files_and_ends_at_hang_up() {
    let kernel = kernel("debian-6.1-amd64");
    // Any program serves as an agent, a script of the machine's shell too.
    let agent = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(agent.path(), "#!/bin/sh\ncat $1; echo on the console >&2; exec cat").unwrap();
    let builder = Machine::builder(&kernel).agent_with(agent.path(), "/data/deep/hello").file("/data/deep/hello", "hi");
    let mut machine = builder.start().unwrap();
    let mut hello = [0; 2];
    machine.stream().unwrap().read_exact(&mut hello).unwrap();
    assert_eq!(&hello, b"hi");
    let verdict = machine.shutdown(LIMIT).unwrap();
    assert!(verdict.is_clean(), "{verdict}");
    assert!(machine.console().contains("on the console"), "{}", machine.console());
}

#[test]
#[ignore = "boots a machine"]
fn waiting_for_a_machine_is_bounded() {
    let kernel = kernel("debian-6.1-amd64");
    let mut machine = Machine::builder(&kernel).command("sleep 1000").start().unwrap();
    let error = machine.wait(Duration::from_millis(100)).unwrap_err().to_string();
    assert!(error.starts_with("the machine debian-6.1-amd64 still runs after "), "{error}");
}
