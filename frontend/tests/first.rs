//! Compiles every conformance case and runs it under the interpreter.
use spile_frontend::analyse::{Options, Source};
use spile_frontend::compile::compile;
use spile_frontend::library::TapsetLibrary;
use spile_frontend::mock::MockTarget;
use spile_ir::{Event, Format, FormatValue, Interp, Services};

struct World;
impl Services for World {
    fn format(&mut self, format: &Format, args: &[FormatValue<'_>]) -> Vec<u8> {
        format!("{}{:?}", String::from_utf8_lossy(&format.text), args).into_bytes()
    }
}

#[test]
fn cases() {
    let library = TapsetLibrary::builtin();
    let target = MockTarget::new();
    let only = std::env::var("ONLY").ok();
    for folder in ["ok", "fault"] {
        let dir = format!("{}/../tests/cases/{folder}", env!("CARGO_MANIFEST_DIR"));
        let mut paths: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.extension().is_none_or(|e| e != "stp") || only.as_ref().is_some_and(|o| !name.contains(o.as_str())) {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let source = Source { name: name.as_str().into(), text: text.as_str().into() };
            let options = Options { args: if name == "args.stp" { vec!["7".into(), "two words".into()] } else { vec![] }, ..Options::default() };
            let begun = std::time::Instant::now();
            match compile(&[source], &library, &options, &target) {
                Ok(done) => {
                    println!("== {name} {:?}\n{}", begun.elapsed(), done.diagnostics.render(&done.sources, false));
                    if only.is_some() {
                        println!("{}", done.program);
                    }
                    let out = Interp::new(&done.program, &mut World).unwrap().run();
                    for event in out.events {
                        match event {
                            Event::Print(b) => println!("{}", String::from_utf8_lossy(&b)),
                            Event::Error(report) => println!("ERROR {}", report.describe(&done.program)),
                            other => println!("{other:?}"),
                        }
                    }
                }
                Err(failed) => println!("== {name} FAILED\n{}", failed.diagnostics.render(&failed.sources, false)),
            }
        }
    }
}
