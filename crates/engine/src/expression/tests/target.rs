use crate::effect::FieldScope;
use crate::expression::{Scope, Target};

#[test]
fn names() {
    let check = |source: &str, scope: Scope, name: &str| {
        let target = Target::new(source);
        assert_eq!(target.error(), None, "{source}");
        assert_eq!((target.scope(), target.name()), (scope, name), "{source}");
        assert_eq!(target.to_string(), source);
    };
    check("name", Scope::Run, "name");
    check("имя_2", Scope::Run, "имя_2");
    check("_response", Scope::Run, "_response");
    check("client.name", Scope::Field(FieldScope::Client), "name");
    check("person.name", Scope::Field(FieldScope::Person), "name");
    check("global.курс", Scope::Field(FieldScope::Global), "курс");
}

#[test]
fn refused_names() {
    let check = |source: &str, position: usize, part: &str| {
        let target = Target::new(source);
        let error = target.error().unwrap_or_else(|| panic!("{source} is a target"));
        assert!(error.en.contains(part), "{source}: {}", error.en);
        assert_eq!(error.position, position, "{source}: {}", error.en);
    };
    check("", 0, "Expected the name");
    check("client.", 7, "Expected the name");
    check("client", 6, "client.phone");
    check("env.KEY", 0, "secret");
    check("_botid", 0, "_response");
    check("client._response", 7, "_response");
    check("order.total", 5, "letters, digits");
    check("client.a.b", 8, "letters, digits");
    check("имя клиента", 3, "letters, digits");
    check("#{name}", 0, "without #{}");
}
