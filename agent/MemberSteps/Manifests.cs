using K8sBackup.Agent.ControlPlaneFiles;
using K8sBackup.Agent.Hosting;
using K8sBackup.Etcd.Discovery;
using K8sBackup.Etcd.Files;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>The static-pod manifests of the control plane: found, taken away from the kubelet, and put back.</summary>
internal sealed class Manifests
{
    public const string Etcd = "etcd.yaml";
    public const string ApiServer = "kube-apiserver.yaml";

    /// <summary>Those that cache what etcd said, and are restarted at the end.</summary>
    public static readonly IReadOnlyList<string> Controllers = ["kube-controller-manager.yaml", "kube-scheduler.yaml"];

    private const string Kubernetes = "etc/kubernetes";

    private readonly HostRoot _host;
    private readonly NodeJournals _journals;
    private readonly StepGate _gate;

    public Manifests(HostRoot host, NodeJournals journals, StepGate gate)
    {
        _host = host;
        _journals = journals;
        _gate = gate;
    }

    /// <summary>
    /// Where the manifest is, as the node names it; null when it is nowhere. People stop static pods by moving manifests
    /// beside the directory, so those places are looked at, too.
    /// </summary>
    public string? Find(string name)
    {
        string usual = $"/{KubeadmLayout.Manifests}/{name}";
        return Exists(usual) ? usual : Beside().Select(directory => $"{directory}/{name}").FirstOrDefault(Exists);
    }

    /// <summary>True when the kubelet sees it.</summary>
    public bool IsInPlace(string name) => Exists($"/{KubeadmLayout.Manifests}/{name}");

    /// <summary>This process's path of the manifest, held or not; null when there is none.</summary>
    public string? PathOf(string restoreId, string name)
    {
        string held = Path.Combine(_journals.FolderOf(restoreId), name);
        return File.Exists(held) ? held : Find(name) is { } found ? _host.Resolve(found) : null;
    }

    public bool IsHeld(string restoreId, string name) => File.Exists(Path.Combine(_journals.FolderOf(restoreId), name));

    /// <summary>Takes the manifest away, with its place noted before. Gives the journal as it is then.</summary>
    /// <exception cref="BackupException">It is held and in place at once: somebody wrote it anew.</exception>
    public NodeJournal Hold(NodeJournal journal, string name)
    {
        string held = Path.Combine(_journals.FolderOf(journal.RestoreId), name);
        string? found = Find(name);
        if (found is null)
        {
            return journal;
        }

        if (File.Exists(held))
        {
            throw new BackupException(
                FailureCause.TargetInUse, $"{found} was written anew while the restore keeps the former one in {NodeJournals.NodeFolder(journal.RestoreId)}. Remove one of them.");
        }

        if (!journal.Held.Any(manifest => manifest.Name == name))
        {
            journal = journal with { Held = [.. journal.Held, new HeldManifest(name, found)] };
            _journals.Write(journal);
        }

        Move(_host.Resolve(found)!, held);
        return journal;
    }

    /// <summary>Gives the manifest to the kubelet. Nothing happens when it has it already.</summary>
    public void PutInPlace(NodeJournal journal, string name) => PutBack(journal, name, $"/{KubeadmLayout.Manifests}/{name}");

    /// <summary>Gives a changed manifest to the kubelet, under the name of the one that is held.</summary>
    public void PutInPlaceFrom(string restoreId, string changed, string name) =>
        Move(Path.Combine(_journals.FolderOf(restoreId), changed), _host.Resolve($"/{KubeadmLayout.Manifests}/{name}")!);

    /// <summary>Puts the manifest where it was found.</summary>
    public void PutWhereItWas(NodeJournal journal, string name)
    {
        if (journal.Held.FirstOrDefault(manifest => manifest.Name == name) is { } manifest)
        {
            PutBack(journal, name, manifest.Origin);
        }
    }

    /// <summary>Flags of the pod in the manifest, held or not; empty when it is nowhere or makes no sense.</summary>
    public IReadOnlyList<PodFlag> Flags(string restoreId, string name)
    {
        try
        {
            string? path = PathOf(restoreId, name);
            return path is not null ? StaticPodParser.ReadFile(path).Flags : [];
        }
        catch (Exception e) when (e is StaticPodException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private void PutBack(NodeJournal journal, string name, string place)
    {
        string held = Path.Combine(_journals.FolderOf(journal.RestoreId), name);
        if (File.Exists(held))
        {
            Move(held, _host.Resolve(place)!);
        }
    }

    private void Move(string from, string to)
    {
        _gate.Pass($"move {Path.GetFileName(from)}");
        try
        {
            DurableFiles.Move(from, to);
        }
        catch (IOException e)
        {
            throw new BackupException(FailureCause.TargetUnusable, $"The manifest {_host.NodePath(from)} cannot be moved: {e.Message}", e);
        }
    }

    private IEnumerable<string> Beside()
    {
        yield return $"/{Kubernetes}";
        string? directory = _host.Resolve(Kubernetes);
        string[] beside = directory is not null && Directory.Exists(directory) ? Directory.GetDirectories(directory) : [];
        foreach (string path in beside.Order(StringComparer.Ordinal))
        {
            yield return _host.NodePath(path);
        }
    }

    private bool Exists(string nodePath) => _host.Resolve(nodePath) is { } path && File.Exists(path);
}
