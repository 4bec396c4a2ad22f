// SPDX-License-Identifier: MIT OR Apache-2.0
//! An agent on a pipe, as a host drives it.

use std::io::Write;
use std::process::{Command, Stdio};

use spile_agent::protocol::{Event, PROTOCOL_VERSION, Request, receive, send};

#[test]
fn requests_that_arrive_together_are_all_answered() {
    let mut agent = Command::new(env!("CARGO_BIN_EXE_spile-agent"));
    let mut agent = agent.args(["serve", "--user"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut together = Vec::new();
    send(&mut together, &Request::Hello { protocol: PROTOCOL_VERSION }).unwrap();
    send(&mut together, &Request::Fact { path: "/nowhere".into() }).unwrap();
    let mut requests = agent.stdin.take().unwrap();
    requests.write_all(&together).unwrap();
    // The pipe stays open: the end of the stream must not be what gets the second answer out.
    let mut events = agent.stdout.take().unwrap();
    assert!(matches!(receive(&mut events).unwrap(), Some(Event::Hello(_))));
    assert_eq!(receive(&mut events).unwrap(), Some(Event::Fact { path: "/nowhere".into(), data: None }));
    send(&mut requests, &Request::Bye).unwrap();
    assert!(agent.wait().unwrap().success());
}
