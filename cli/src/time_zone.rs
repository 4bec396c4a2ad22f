// SPDX-License-Identifier: MIT OR Apache-2.0
//! The user's time zone.

use spile_frontend::analyse::TimeZone;

/// The time zone as it is now: `TZ`, or that of the machine. UTC where there is none.
pub fn local() -> TimeZone {
    let zone = jiff::tz::TimeZone::system();
    let now = zone.to_offset_info(jiff::Timestamp::now());
    let name = if zone.is_unknown() { "UTC" } else { now.abbreviation() };
    TimeZone { seconds_east: now.offset().seconds().into(), name: name.into() }
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
