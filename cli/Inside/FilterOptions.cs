using System.CommandLine;
using K8sBackup.Cli.Commands;
using K8sBackup.Etcd.Browsing;

namespace K8sBackup.Cli.Inside;

/// <summary>Options that choose among the objects of a snapshot.</summary>
internal sealed class FilterOptions
{
    private readonly Option<string?> _kind = new("--kind", "-k") { Description = "Only this kind or resource, such as Secret, deployments.apps.", HelpName = "KIND" };

    private readonly Option<string?> _namespace = new("--namespace", "-n") { Description = "Only this namespace.", HelpName = "NAME" };

    private readonly Option<string?> _name = new("--name") { Description = "Only objects of this name.", HelpName = "NAME" };

    private readonly Option<string?> _labels = new("--selector", "-l") { Description = "Only objects with these labels: a=b,c!=d,e,!f.", HelpName = "LABELS" };

    private readonly Option<string> _prefix = new("--prefix")
    {
        Description = "Only keys that begin so; \\xNN for bytes that cannot be typed.",
        HelpName = "KEY",
        DefaultValueFactory = _ => "",
    };

    public IEnumerable<Symbol> All => [_kind, _namespace, _name, _labels, _prefix];

    public ObjectFilter Filter(ParseResult parsed) => new(
        parsed.GetValue(_kind),
        parsed.GetValue(_namespace),
        parsed.GetValue(_name),
        parsed.GetValue(_labels) is { } labels ? LabelTerm.ParseAll(labels) : []);

    public KeyRange Range(ParseResult parsed) => KeyRange.Prefix(PathArgument.Bytes(parsed.GetRequiredValue(_prefix)));
}
