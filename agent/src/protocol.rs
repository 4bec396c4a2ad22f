// SPDX-License-Identifier: MIT OR Apache-2.0
//! What host and agent say to each other, over any byte stream: a pipe, ssh, a virtio-serial port.
//!
//! A frame is a 32-bit little-endian length and so many bytes of postcard. The host begins with
//! [`Request::Hello`]; the agent answers each request, and sends data whenever there is some.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use spile_output::{Attachment, Bytes, Chunk, Report, bytes};

/// Changes with every change of this file's types.
pub const PROTOCOL_VERSION: u32 = 2;

/// Frames above this are refused: 1 GiB.
const MAX_FRAME: u32 = 1 << 30;

/// From the host.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub enum Request {
    /// The first message.
    Hello {
        /// [`PROTOCOL_VERSION`].
        protocol: u32,
    },
    /// Asks for a file of the target (type information, symbols); answered by [`Event::Fact`].
    Fact {
        /// An absolute path.
        path: String,
    },
    /// Loads an image and prepares the target command; answered by [`Event::Loaded`].
    Load(Box<Load>),
    /// Runs begin probes and attaches the others; answered by [`Event::Started`].
    Start,
    /// Sends what the flight recorder holds; without one, what has been recorded so far.
    Dump,
    /// Detaches, runs end probes; answered by [`Event::Finished`] after the last data.
    Stop,
    /// Ends the agent.
    Bye,
}

/// What to load.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct Load {
    /// A whole image file.
    #[serde(with = "bytes")]
    pub image: Vec<u8>,
    /// Size of the ring of each CPU, a power of two.
    pub ring_bytes: u32,
    /// What `target()` is.
    pub target: TargetProcess,
    /// The newest records displace the oldest, and are sent when that is asked for, and at the end.
    pub flight_recorder: bool,
    /// How probes may be attached, as `spile_load.attach` has it: 0 for any way.
    pub attach: u32,
}

/// The process that a session is about (`-x`, `-c`).
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
pub enum TargetProcess {
    /// None: `target()` is 0.
    #[default]
    None,
    /// A process that runs already.
    Pid(u32),
    /// A shell command that the agent starts with the session; the session ends with it.
    Command(String),
}

/// From the agent.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub enum Event {
    /// The answer to [`Request::Hello`].
    Hello(Hello),
    /// A file's content, or `None` where it cannot be read.
    Fact {
        /// As asked for.
        path: String,
        /// The whole file.
        data: Option<Bytes>,
    },
    /// The image is in place.
    Loaded,
    /// Begin probes have run and all others are attached.
    Started {
        /// By probe index.
        probes: Vec<Attachment>,
    },
    /// Whole records.
    Data {
        /// The clock of the records' times, before the rings were read.
        horizon: u64,
        /// By CPU.
        chunks: Vec<Chunk>,
    },
    /// What the target command, or one that the script started, wrote.
    Output {
        /// Whether it was standard error.
        is_stderr: bool,
        /// The bytes.
        #[serde(with = "bytes")]
        bytes: Vec<u8>,
    },
    /// The session is over: all probes are gone, and no data follows.
    Finished(Box<Report>),
    /// The last request failed.
    Error(String),
}

/// Who the agent is.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Hello {
    /// [`PROTOCOL_VERSION`].
    pub protocol: u32,
    /// The hash of the ABI header that agent (and kshim) were built with.
    pub abi_hash: u64,
    /// `x86_64` or `aarch64`.
    pub arch: String,
    /// The kernel release, or empty for an ordinary process.
    pub release: String,
    /// Rings.
    pub n_cpus: u32,
}

/// Writes one frame.
pub fn send(stream: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let mut frame = postcard::to_extend(message, vec![0; 4]).map_err(io::Error::other)?;
    let length = u32::try_from(frame.len() - 4).ok().filter(|length| *length <= MAX_FRAME);
    let length = length.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "message above 1 GiB"))?;
    frame[..4].copy_from_slice(&length.to_le_bytes());
    stream.write_all(&frame)?;
    stream.flush()
}

/// Reads one frame; `None` at the end of the stream.
pub fn receive<T: DeserializeOwned>(stream: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match stream.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let length = u32::from_le_bytes(length);
    if length > MAX_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a frame claims {length} bytes")));
    }
    // Grows with what arrives, so that a lying length costs nothing.
    let mut body = Vec::new();
    stream.take(length.into()).read_to_end(&mut body)?;
    if body.len() != length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let message = postcard::from_bytes(&body);
    message.map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_round_trip_until_the_end() {
        let sent = [Request::Hello { protocol: 1 }, Request::Fact { path: "/proc/kallsyms".into() }, Request::Bye];
        let mut stream = Vec::new();
        sent.iter().for_each(|message| send(&mut stream, message).unwrap());
        let mut stream = &stream[..];
        for message in &sent {
            assert_eq!(receive::<Request>(&mut stream).unwrap().as_ref(), Some(message));
        }
        assert_eq!(receive::<Request>(&mut stream).unwrap(), None);
    }

    #[test]
    fn bad_frames_are_errors() {
        let oversized = receive::<Request>(&mut &[0xff; 8][..]).unwrap_err();
        assert_eq!(oversized.to_string(), "a frame claims 4294967295 bytes");
        let truncated = receive::<Request>(&mut &[9, 0, 0, 0, 1][..]).unwrap_err();
        assert_eq!(truncated.kind(), io::ErrorKind::UnexpectedEof);
        let garbage = receive::<Request>(&mut &[1, 0, 0, 0, 200][..]).unwrap_err();
        assert_eq!(garbage.kind(), io::ErrorKind::InvalidData);
    }
}
