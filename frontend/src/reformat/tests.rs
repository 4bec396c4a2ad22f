// SPDX-License-Identifier: MIT OR Apache-2.0

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::reformat;
use crate::span::SourceMap;

fn format(text: &str) -> String {
    let mut sources = SourceMap::new();
    let file = sources.add("a.stp", text);
    reformat(&sources, file).expect("the text can be read")
}

fn check(text: &str, expected: Expect) {
    let once = format(text);
    expected.assert_eq(&once);
    assert_eq!(format(&once), once, "not stable");
}

#[test]
fn spaces_and_indentation() {
    check(
        r#"#!/usr/bin/env stap
global   a,b [ 10 ],c%,d %[5],e=-3 ;
private   global z
probe   begin,kernel . function( "vfs_*" ) . call ?,timer.ms( 5 )if( a>3 )
{
if(a)b[1 ,2]++
else if (!a) { x=-1 ; y = -  -x }
      else
 foo ( 1,2 )
    for( i=0;i<3;i++ )
        while( i )
   next
for(;;) { }
foreach( [k+,v] in b [ *,3 ] limit 5 )printf ( "%d" "\n",k )
foreach(v=k in b-) print(v)
a<<<3; r = a?b :c ; print(@hist_log( a ) [3]) ; x=$p->next->y[ 3 ] ; y=&$x->z; z=@cast( a,"b" ) $ . $p[1]$$
delete b[1] return a . b
}
"#,
        expect![[r##"
            #!/usr/bin/env stap
            global a, b[10], c%, d%[5], e = -3;
            private global z
            probe begin, kernel.function("vfs_*").call?, timer.ms(5) if (a > 3) {
              if (a) b[1, 2]++
              else if (!a) { x = -1; y = - -x } else
                foo(1, 2)
              for (i = 0; i < 3; i++)
                while (i)
                  next
              for (;;) {}
              foreach ([k+, v] in b[*, 3] limit 5) printf("%d" "\n", k)
              foreach (v = k in b-) print(v)
              a <<< 3; r = a ? b : c; print(@hist_log(a)[3]); x = $p->next->y[3]; y = &$x->z; z = @cast(a, "b")$ . $p[1]$$
              delete b[1] return a . b
            }
        "##]],
    );
}

#[test]
fn brackets_that_begin_on_a_later_line_are_deeper() {
    check(
        r#"
probe begin {
if (a &&
(b ||
(c &&
d) || e) &&
f(g,
h)) x = (y +
(z *
2)
)
else if (a ||
[b,
c] in d) i++
x = 1 +
(2 +
3) +
4
foo(bar(1,
2), baz(
3), [4,
(5 +
6)])
printf("%d %d",
a, %( arch == "x" %? (b +
c) %: (d
+ (e
+ f)) %))
}
"#,
        expect![[r#"
            probe begin {
              if (a &&
                  (b ||
                    (c &&
                      d) || e) &&
                  f(g,
                    h)) x = (y +
                    (z *
                      2)
                    )
              else if (a ||
                  [b,
                    c] in d) i++
              x = 1 +
                  (2 +
                    3) +
                  4
              foo(bar(1,
                  2), baz(
                    3), [4,
                    (5 +
                      6)])
              printf("%d %d",
                  a, %( arch == "x" %? (b +
                        c) %: (d
                        + (e
                          + f)) %))
            }
        "#]],
    );
}

#[test]
fn comments_stay_where_they_are() {
    check(
        r#"// SPDX
/* several
     lines */


probe begin { // opens

  a = 1 // one
    long_name = 22 # two
  b = 3 /* inner */ + 4
  // before the end
}


// last"#,
        expect![[r#"
            // SPDX
            /* several
                 lines */

            probe begin {    // opens
              a = 1          // one
              long_name = 22 # two
              b = 3 /* inner */ + 4
              // before the end
            }

            // last
        "#]],
    );
}

#[test]
fn macros_and_conditionals() {
    check(
        r#"@define m(a,b) %( @a+@b %)
@define two
%(
  x = 1
    y = 2
%)
%( kernel_v >= "6.1" %? probe begin { @m(1,2) } %:
probe end {
 a = %( arch == "x86_64" && CONFIG_SMP=="y" %? 1 %: 2 %)
%( guru_mode %?
foo()
%:
bar()
%)
}
%)
"#,
        expect![[r#"
            @define m(a, b) %( @a + @b %)
            @define two %(
              x = 1
              y = 2
            %)
            %( kernel_v >= "6.1" %? probe begin { @m(1, 2) } %:
              probe end {
                a = %( arch == "x86_64" && CONFIG_SMP == "y" %? 1 %: 2 %)
                %( guru_mode %?
                  foo()
                %:
                  bar()
                %)
              }
            %)
        "#]],
    );
}

#[test]
fn probes_and_functions() {
    check(
        r#"probe a.{b,c . d}.return=x . y{ p=1 },{ q=2 }
probe a += syscall . *read*,
 module("x").statement(0x10) !
{
}
private function f : string ( a:long,b ) : 3 { return a }
function g %{ THIS; %}
try { error("x") }
catch( e )
{ println(e) }
probe z { try { f() } catch { g() } }
"#,
        expect![[r#"
            probe a.{b, c.d}.return = x.y { p = 1 }, { q = 2 }
            probe a += syscall.*read*,
                module("x").statement(0x10)! {
            }
            private function f:string(a:long, b):3 { return a }
            function g %{ THIS; %}
            try { error("x") } catch (e) { println(e) }
            probe z { try { f() } catch { g() } }
        "#]],
    );
}

#[test]
fn the_library_and_the_cases_stay_the_same_script() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut count = 0;
    for folder in ["tapsets", "tapsets/examples", "tests/cases/ok", "tests/cases/fault"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("the folder is there") {
            let path = entry.expect("it can be listed").path();
            if path.extension().is_some_and(|extension| extension == "stp" || extension == "stpm") {
                let text = std::fs::read_to_string(&path).expect("it can be read");
                let mut sources = SourceMap::new();
                let file = sources.add("a.stp", text);
                if let Ok(once) = reformat(&sources, file) {
                    assert_eq!(format(&once), once, "{}", path.display());
                    count += 1;
                }
            }
        }
    }
    assert!(count > 80, "only {count} files");
}

#[test]
fn a_comment_that_is_not_closed_loses_its_blank_end() {
    assert_eq!(format("probe begin {} /* x  \n\n  \n"), "probe begin {} /* x\n");
}

proptest! {
    #[test]
    fn any_tokens_stay_the_same_and_stable(words in proptest::collection::vec(proptest::sample::select(crate::parser::fuzz::SOUP), 0..80)) {
        let text = words.join(" ");
        let mut sources = SourceMap::new();
        let file = sources.add("a.stp", &*text);
        if let Ok(once) = reformat(&sources, file) {
            prop_assert_eq!(format(&once), once);
        }
    }
}
