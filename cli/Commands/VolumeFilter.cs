using System.CommandLine;
using System.IO.Enumeration;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>The options that choose volumes of pods by what they are called in the cluster; each is a name or a pattern with * and ?.</summary>
internal sealed class VolumeFilter
{
    private readonly Option<string> _namespace = Option("--namespace", "Only volumes of this namespace.");
    private readonly Option<string> _claim = Option("--claim", "Only volumes of this claim.");
    private readonly Option<string> _pod = Option("--pod", "Only volumes read through this pod.");

    public IEnumerable<Symbol> All => [_namespace, _claim, _pod];

    /// <summary>What was given; empty for what was not.</summary>
    public (string Namespace, string Claim, string Pod) Of(ParseResult parsed) => (parsed.GetRequiredValue(_namespace), parsed.GetRequiredValue(_claim), parsed.GetRequiredValue(_pod));

    /// <summary>The volumes of the point that fit all that was given.</summary>
    public Snapshot[] Matching(RestorePoint point, ParseResult parsed)
    {
        (string ns, string claim, string pod) = Of(parsed);
        return [.. point.Snapshots.Where(s => s.PodVolume is { } volume && Fits(ns, volume.Namespace) && Fits(claim, volume.Claim) && Fits(pod, volume.Pod))];
    }

    private static bool Fits(string pattern, string name) => pattern.Length == 0 || FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);

    private static Option<string> Option(string name, string description) => new(name) { Description = description, HelpName = "NAME", DefaultValueFactory = _ => "" };
}
