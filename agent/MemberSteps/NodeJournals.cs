using System.Text.Json;
using K8sBackup.Agent.Hosting;
using K8sBackup.Etcd.Files;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>
/// The journals of this node: one directory for each restore in /etc/kubernetes/kb-restore, which also holds the manifests
/// it took away. It is not below the manifest directory, so the kubelet does not look at it.
/// </summary>
internal sealed class NodeJournals
{
    private const string Kubernetes = "etc/kubernetes";
    private const string Folder = "kb-restore";
    private const string FileName = "journal.json";
    private const long BytesMax = 1 << 20;

    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private readonly HostRoot _host;
    private readonly StepGate _gate;

    public NodeJournals(HostRoot host, StepGate gate)
    {
        _host = host;
        _gate = gate;
    }

    /// <summary>Where a restore keeps manifests, as the node names it.</summary>
    public static string NodeFolder(string restoreId) => $"/{Kubernetes}/{Folder}/{restoreId}";

    /// <summary>The same for this process.</summary>
    public string FolderOf(string restoreId) => Path.Combine(Root(), restoreId);

    /// <summary>The journal; null when the restore never touched this node.</summary>
    /// <exception cref="BackupException">It is damaged, and nobody can say what was done.</exception>
    public NodeJournal? Read(string restoreId)
    {
        string path = Path.Combine(FolderOf(restoreId), FileName);
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            NodeJournal? journal = new FileInfo(path).Length <= BytesMax ? JsonSerializer.Deserialize<NodeJournal>(File.ReadAllBytes(path), Format) : null;
            return journal?.RestoreId == restoreId ? journal : throw new JsonException("it is the journal of no such restore");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new BackupException(FailureCause.TargetUnusable, $"The journal {NodeFolder(restoreId)}/{FileName} cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Writes the journal durably.</summary>
    public void Write(NodeJournal journal)
    {
        _gate.Pass("journal");
        DurableFiles.CreateDirectory(Root());
        DurableFiles.CreateDirectory(FolderOf(journal.RestoreId));
        DurableFiles.Write(Path.Combine(FolderOf(journal.RestoreId), FileName), JsonSerializer.SerializeToUtf8Bytes(journal, Format));
    }

    /// <summary>Ids of other restores that did not end on this node. One whose journal cannot be read counts.</summary>
    public IReadOnlyList<string> OthersUnfinished(string restoreId)
    {
        string root = Root();
        return Directory.Exists(root)
            ? [.. Directory.GetDirectories(root).Select(path => Path.GetFileName(path)).Where(id => id != restoreId && IsUnfinished(id)).Order(StringComparer.Ordinal)]
            : [];
    }

    private bool IsUnfinished(string restoreId)
    {
        try
        {
            return Read(restoreId) is { IsOver: false };
        }
        catch (BackupException)
        {
            return true;
        }
    }

    private string Root() => Path.Combine(
        _host.Resolve(Kubernetes) ?? throw new BackupException(FailureCause.TargetUnusable, $"/{Kubernetes} leads in a circle of links."), Folder);
}
