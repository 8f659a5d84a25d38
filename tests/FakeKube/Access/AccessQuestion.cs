using Microsoft.AspNetCore.Http;

namespace K8sBackup.FakeKube.Access;

/// <summary>What a request wants to do, in the words of RBAC.</summary>
internal sealed record AccessQuestion(string Verb, string Group, string Resource, string Namespace, string Name)
{
    /// <summary>Empty for paths that are no resources. An exec over WebSocket is a get, and since 1.35 a create, too.</summary>
    public static IReadOnlyList<AccessQuestion> Of(HttpRequest request)
    {
        string[] parts = [.. request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries)];
        (string group, string[] rest) = parts switch
        {
            ["api", _, .. string[] core] => ("", core),
            ["apis", string named, _, .. string[] others] => (named, others),
            _ => ("", []),
        };
        (string ns, rest) = rest is ["namespaces", string space, _, ..] ? (space, rest[2..]) : ("", rest);
        if (rest.Length == 0)
        {
            return [];
        }

        string resource = rest.Length > 2 ? $"{rest[0]}/{rest[2]}" : rest[0];
        string name = rest.Length > 1 ? rest[1] : "";
        string verb = (request.Method, name.Length > 0) switch
        {
            ("GET", true) => "get",
            ("GET", false) => request.Query["watch"].Count > 0 ? "watch" : "list",
            ("POST", _) => "create",
            ("PUT", _) => "update",
            _ => request.Method.ToLowerInvariant(),
        };
        AccessQuestion question = new(verb, group, resource, ns, name);
        return resource == "pods/exec" ? [question, question with { Verb = "create" }] : [question];
    }

    public override string ToString() =>
        $"{Verb} resource \"{Resource}\" in API group \"{Group}\"{(Namespace.Length > 0 ? $" in the namespace \"{Namespace}\"" : " at the cluster scope")}{(Name.Length > 0 ? $", name \"{Name}\"" : "")}";
}
