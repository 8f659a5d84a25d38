using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Coordinator.Tests.Resources;

/// <summary>A custom resource's definition as the chart ships it.</summary>
internal sealed class CustomResource
{
    private CustomResource(YamlMappingNode root, string text)
    {
        Root = root;
        Text = text;
    }

    public static IReadOnlyList<CustomResource> All => [Read("backupplans"), Read("backups"), Read("restores")];

    public static CustomResource Plan => Read("backupplans");

    public static CustomResource Backup => Read("backups");

    public static CustomResource Restore => Read("restores");

    public YamlMappingNode Root { get; }

    public string Text { get; }

    public string Kind => Names["kind"].ToString();

    public YamlMappingNode Names => Map(Root, "spec", "names");

    public YamlMappingNode Version => (YamlMappingNode)((YamlSequenceNode)Map(Root, "spec")["versions"]).Children.Single();

    /// <summary>The schema of the whole object.</summary>
    public YamlMappingNode Schema => Map(Version, "schema", "openAPIV3Schema");

    /// <summary>The schema of a field, by names of fields; items of lists are meant by their list.</summary>
    public YamlMappingNode At(params string[] path)
    {
        YamlMappingNode at = Schema;
        foreach (string name in path)
        {
            at = Map(at, "properties", name);
            at = at.Children.ContainsKey("items") ? Map(at, "items") : at;
        }

        return at;
    }

    /// <summary>Every schema in it with its path; items as <c>[]</c>, values of maps as <c>{}</c>.</summary>
    public IEnumerable<(string Path, YamlMappingNode Schema)> Everything() => Below("", Schema);

    public static YamlMappingNode Map(YamlNode node, params string[] path) => (YamlMappingNode)path.Aggregate(node, (at, name) => at[name]);

    public static string? Value(YamlMappingNode schema, string field) => schema.Children.TryGetValue(field, out YamlNode? value) ? value.ToString() : null;

    public static long? Number(YamlMappingNode schema, string field) =>
        Value(schema, field) is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;

    public static IEnumerable<string> Fields(YamlMappingNode schema) =>
        schema.Children.TryGetValue("properties", out YamlNode? properties) ? ((YamlMappingNode)properties).Children.Keys.Select(k => k.ToString()) : [];

    /// <summary>The rules at a schema, as (rule, message).</summary>
    public static IEnumerable<(string Rule, string Message)> Rules(YamlMappingNode schema) =>
        schema.Children.TryGetValue("x-kubernetes-validations", out YamlNode? rules)
            ? ((YamlSequenceNode)rules).Children.Select(r => (r["rule"].ToString(), r["message"].ToString()))
            : [];

    /// <summary>The repository this test was built from.</summary>
    public static string RepositoryRoot
    {
        get
        {
            DirectoryInfo? at = new(AppContext.BaseDirectory);
            while (at is not null && !File.Exists(Path.Combine(at.FullName, "K8sBackupAgent.sln")))
            {
                at = at.Parent;
            }

            return at?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }
    }

    private static CustomResource Read(string plural)
    {
        string text = File.ReadAllText(Path.Combine(RepositoryRoot, "charts", "k8s-backup-agent", "crds", $"{plural}.yaml"));
        YamlStream stream = [];
        stream.Load(new StringReader(text));
        return new CustomResource((YamlMappingNode)stream.Documents.Single().RootNode, text);
    }

    private static IEnumerable<(string Path, YamlMappingNode Schema)> Below(string path, YamlMappingNode schema)
    {
        yield return (path, schema);
        IEnumerable<(string Path, YamlNode Schema)> inner =
        [
            .. Fields(schema).Select(name => ($"{path}.{name}", schema["properties"][name])),
            .. schema.Children.TryGetValue("items", out YamlNode? items) ? [($"{path}[]", items)] : Array.Empty<(string, YamlNode)>(),
            .. schema.Children.TryGetValue("additionalProperties", out YamlNode? values) ? [($"{path}{{}}", values)] : Array.Empty<(string, YamlNode)>(),
        ];
        foreach ((string at, YamlNode each) in inner)
        {
            foreach ((string, YamlMappingNode) below in Below(at, (YamlMappingNode)each))
            {
                yield return below;
            }
        }
    }
}
