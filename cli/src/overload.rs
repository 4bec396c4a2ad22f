// SPDX-License-Identifier: MIT OR Apache-2.0
//! How much of a CPU handlers may take, as SystemTap's macros say it.

use anyhow::{Context, Result, ensure};
use spile_abi::host::Overload;

/// Takes `STP_NO_OVERLOAD`, `STP_OVERLOAD_INTERVAL` and `STP_OVERLOAD_THRESHOLD` out of what `-D` sets; the last one counts.
pub fn limits(defines: &[(String, String)]) -> Result<Overload> {
    let mut limits = Overload::default();
    for (name, value) in defines {
        match name.as_str() {
            "STP_NO_OVERLOAD" => limits.unlimited = true,
            "STP_OVERLOAD_INTERVAL" => limits.interval = Some(cycles(name, value)?),
            "STP_OVERLOAD_THRESHOLD" => limits.threshold = Some(cycles(name, value)?),
            _ => {}
        }
    }
    Ok(limits)
}

/// A number as C has them, such as `1000000000LL`.
fn cycles(name: &str, value: &str) -> Result<u64> {
    let digits = value.trim().trim_start_matches('(').trim_end_matches(')').trim_end_matches(['u', 'U', 'l', 'L']);
    let number = digits.parse().with_context(|| format!("-D {name} takes a number of cycles, not {value:?}"))?;
    ensure!(number > 0, "-D {name} takes a number of cycles above 0");
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_macros_of_systemtap_are_understood() {
        let defines = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
        };
        let both = defines(&[("STP_OVERLOAD_INTERVAL", "(1000000000LL)"), ("STP_OVERLOAD_THRESHOLD", "5")]);
        let expected = Overload { unlimited: false, threshold: Some(5), interval: Some(1_000_000_000) };
        assert_eq!(limits(&both).unwrap(), expected);
        assert!(limits(&defines(&[("STP_NO_OVERLOAD", "1"), ("MAXACTION", "x")])).unwrap().unlimited);
        let wrong = limits(&defines(&[("STP_OVERLOAD_INTERVAL", "soon")])).unwrap_err().to_string();
        assert_eq!(wrong, "-D STP_OVERLOAD_INTERVAL takes a number of cycles, not \"soon\"");
    }
}
