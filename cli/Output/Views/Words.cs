using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;
using FileFlags = K8sBackup.Model.Trees.FileFlags;
using SourceKey = K8sBackup.Transport.V1.SourceKey;
using SourceKind = K8sBackup.Transport.V1.SourceKind;

namespace K8sBackup.Cli.Output.Views;

/// <summary>The words for enumerations and sources in tables and documents.</summary>
internal static class Words
{
    /// <summary><c>kind/name@node</c>.</summary>
    public static string Of(SourceKey? source) => source is null ? "" : $"{Of(source.Kind)}/{source.Name}@{source.Node}";

    /// <summary><c>namespace/claim</c>, or <c>namespace/pod:volume</c>.</summary>
    public static string Of(PodVolume? volume) => volume is null ? "" : VolumeNameText.Of(volume);

    public static string Of(SourceKind kind) => kind switch
    {
        SourceKind.Etcd => Model.Ids.SourceKey.KindName(Model.Ids.SourceKind.Etcd),
        SourceKind.ControlPlaneFiles => Model.Ids.SourceKey.KindName(Model.Ids.SourceKind.ControlPlaneFiles),
        SourceKind.Volume => Model.Ids.SourceKey.KindName(Model.Ids.SourceKind.Volume),
        _ => "unknown",
    };

    public static string Of(Role role) => role switch
    {
        Role.ControlPlane => "control-plane",
        Role.Worker => "worker",
        _ => "unknown",
    };

    public static string Of(CoverageState state) => state switch
    {
        CoverageState.Protected => "protected",
        CoverageState.Excluded => "left out",
        CoverageState.Unprotected => "unprotected",
        _ => "unknown",
    };

    public static string Of(CoverageKind kind) => kind switch
    {
        CoverageKind.Etcd => "etcd",
        CoverageKind.Node => "node",
        CoverageKind.Claim => "claim",
        CoverageKind.HostPath => "hostPath",
        CoverageKind.PodVolume => "pod volume",
        CoverageKind.Path => "path",
        CoverageKind.Dump => "dump",
        _ => "unknown",
    };

    /// <summary>The state of an entry; a captured one needs no word.</summary>
    public static string Of(EntryState state) => state == EntryState.Captured ? "" : state.ToString();

    public static IEnumerable<string> Of(FileFlags flags)
    {
        (FileFlags Flag, string Word)[] words =
        [
            (FileFlags.Immutable, "Immutable"), (FileFlags.AppendOnly, "AppendOnly"), (FileFlags.NoDump, "NoDump"), (FileFlags.Compressed, "Compressed"),
        ];
        return words.Where(word => flags.HasFlag(word.Flag)).Select(word => word.Word);
    }

    public static string Of(EntryKind kind) => kind == EntryKind.Unspecified ? "Unknown" : kind.ToString();
}
