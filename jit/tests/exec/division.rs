// SPDX-License-Identifier: MIT OR Apache-2.0
//! Division, by what is known at compile time and by what is not.

use crate::support::run;

const NUMBERS: [i64; 17] =
    [0, 1, -1, 2, 3, -3, 7, 8, 10, 60, 1000, -1000, 1 << 40, 1_000_000_007, -(1 << 33), i64::MAX, i64::MIN];

/// Quotient and remainder of all numbers by each divisor.
#[test]
fn quotients_and_remainders() {
    for divisor in NUMBERS.into_iter().filter(|divisor| *divisor != 0) {
        let mut body =
            format!("local0 \"d\" int block0: v0: int = int {divisor} @0 local.set local0, v0 @0 jump block1 ");
        let mut expected = String::new();
        for (n, number) in NUMBERS.into_iter().enumerate() {
            let [a, q, r, d, s, t] = [1, 2, 3, 4, 5, 6].map(|k| 6 * n + k);
            body += &format!(
                "block{}: v{a}: int = int {number} @0 v{q}: int = div v{a}, v0 @0 v{r}: int = rem v{a}, v0 @0
                v{d}: int = local.get local0 @0 v{s}: int = div v{a}, v{d} @0 v{t}: int = rem v{a}, v{d} @0
                print fmt0 (v{q}) @0 print fmt0 (v{r}) @0 print fmt0 (v{s}) @0 print fmt0 (v{t}) @0 jump block{} ",
                n + 1,
                n + 2
            );
            let (q, r) = (number.wrapping_div(divisor), number.wrapping_rem(divisor));
            expected += &format!("{q}\n{r}\n{q}\n{r}\n");
        }
        body += &format!("block{}: return", NUMBERS.len() + 1);
        assert_eq!(run("", &body), expected, "by {divisor}");
    }
}
