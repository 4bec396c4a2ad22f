// SPDX-License-Identifier: MIT OR Apache-2.0
//! The user's time zone, from the C library.
#![expect(unsafe_code, reason = "calls localtime_r()")]

use std::ffi::CStr;
use std::mem::MaybeUninit;

use spile_frontend::analyse::TimeZone;

/// The time zone as it is now: `TZ`, or that of the machine. UTC where there is none.
pub fn local() -> TimeZone {
    // SAFETY: time() may be asked without a place to store the time.
    let now = unsafe { libc::time(std::ptr::null_mut()) };
    let mut broken_down = MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: both point to valid memory of their types; all zeroes is a valid `tm`.
    let broken_down = unsafe {
        libc::localtime_r(&now, broken_down.as_mut_ptr());
        broken_down.assume_init()
    };
    if broken_down.tm_zone.is_null() {
        return TimeZone::default();
    }
    // SAFETY: a NUL-terminated name that the C library keeps as long as nobody changes `TZ`.
    let name = unsafe { CStr::from_ptr(broken_down.tm_zone) };
    TimeZone { seconds_east: broken_down.tm_gmtoff, name: name.to_string_lossy().into_owned() }
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_is_that_of_date() {
        let date = std::process::Command::new("date").arg("+%Z %z").output().unwrap();
        let zone = super::local();
        let (hours, minutes) = (zone.seconds_east.abs() / 3600, zone.seconds_east.abs() / 60 % 60);
        let sign = if zone.seconds_east < 0 { '-' } else { '+' };
        let shown = format!("{} {sign}{hours:02}{minutes:02}\n", zone.name);
        assert_eq!(String::from_utf8(date.stdout).unwrap(), shown);
    }
}
