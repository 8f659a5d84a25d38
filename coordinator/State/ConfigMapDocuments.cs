using System.Globalization;
using System.IO.Compression;
using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;

namespace K8sBackup.Coordinator.State;

/// <summary>
/// Documents as ConfigMaps, compressed. A large one is in several: the parts of a new version are there before the head names
/// them, so that a death in between leaves the former version whole. Heads are replaced only in the version that was read: of two
/// coordinators the one that lost its lease finds a conflict. Not thread-safe.
/// </summary>
internal sealed class ConfigMapDocuments
{
    /// <summary>Label of every such ConfigMap.</summary>
    public const string Label = "k8sbackup.dev/state";

    /// <summary>Most bytes of one ConfigMap; the API server takes 1 MiB.</summary>
    public const int PartBytesMax = 768 * 1024;

    private const string NameKey = "name";
    private const string VersionKey = "version";
    private const string PartsKey = "parts";
    private const string WriterKey = "writer";
    private const string ContentKey = "document";
    private const string Head = "head";
    private const string Part = "part";

    // Runs and restores are bounded by the coordinator's history.
    private const int ItemsMax = 20_000;

    private readonly IResourceReader _reader;
    private readonly IResourceWriter _writer;
    private readonly string _namespace;
    private readonly string _writerId = Guid.NewGuid().ToString("N");
    private readonly Dictionary<string, ConfigMap> _heads = new(StringComparer.Ordinal);

    public ConfigMapDocuments(IResourceReader reader, IResourceWriter writer, string ns)
    {
        _reader = reader;
        _writer = writer;
        _namespace = ns;
    }

    /// <summary>All documents there are; parts that belong to none are removed. Damaged ones have no content.</summary>
    /// <exception cref="KubernetesException">The API server cannot be asked.</exception>
    public async Task<IReadOnlyDictionary<string, byte[]?>> LoadAsync(CancellationToken cancellationToken)
    {
        ResourcePage<ConfigMap> all = await _reader.ListAsync(
            KubernetesTypes.ConfigMaps, ListQuery.In(_namespace) with { LabelSelector = Label }, ItemsMax, cancellationToken);
        Dictionary<string, ConfigMap> parts = all.Items.Where(m => m.Metadata.Labels[Label] == Part).ToDictionary(m => m.Metadata.Name);
        Dictionary<string, byte[]?> documents = new(StringComparer.Ordinal);
        foreach (ConfigMap head in all.Items.Where(m => m.Metadata.Labels[Label] == Head && m.Data.ContainsKey(NameKey)))
        {
            string name = head.Data[NameKey];
            _heads[name] = head;
            List<ConfigMap?> own = [head, .. PartNames(head).Select(part => parts.Remove(part, out ConfigMap? found) ? found : null)];
            documents[name] = own.Contains(null) ? null : Expand(own.SelectMany(m => m!.BinaryData.GetValueOrDefault(ContentKey) ?? []));
        }

        foreach (string leftover in parts.Keys)
        {
            await _writer.DeleteAsync(KubernetesTypes.ConfigMaps, new ResourceName(_namespace, leftover), DeleteOptions.Anything, cancellationToken);
        }

        return documents;
    }

    /// <summary>Replaces a document.</summary>
    /// <exception cref="KubernetesException">Conflict or AlreadyExists when somebody else wrote it.</exception>
    public async Task<int> WriteAsync(string name, byte[] json, CancellationToken cancellationToken)
    {
        byte[] packed = Compress(json);
        byte[][] pieces = [.. packed.Chunk(PartBytesMax)];
        ConfigMap? former = _heads.GetValueOrDefault(name);
        int version = former is null ? 1 : Number(former, VersionKey) + 1;
        ConfigMap head = Map(ObjectName(name), Head, pieces.Length == 0 ? [] : pieces[0]) with
        {
            Data = new Dictionary<string, string>
            {
                [NameKey] = name,
                [VersionKey] = version.ToString(CultureInfo.InvariantCulture),
                [PartsKey] = pieces.Length.ToString(CultureInfo.InvariantCulture),
                [WriterKey] = _writerId,
            },
        };
        foreach ((string part, byte[] piece) in PartNames(head).Zip(pieces.Skip(1)))
        {
            await PutPartAsync(Map(part, Part, piece), cancellationToken);
        }

        _heads[name] = former is null
            ? await _writer.CreateAsync(KubernetesTypes.ConfigMaps, head, cancellationToken)
            : await _writer.UpdateAsync(
                KubernetesTypes.ConfigMaps, head with { Metadata = head.Metadata with { ResourceVersion = former.Metadata.ResourceVersion } }, Subresource.None, cancellationToken);
        await RemovePartsAsync(former, cancellationToken);
        return packed.Length;
    }

    /// <summary>After a conflict: false when another coordinator wrote the document since; true when it was us, and the answer was lost.</summary>
    public async Task<bool> IsStillOursAsync(string name, CancellationToken cancellationToken)
    {
        ConfigMap? now = await _reader.FindAsync(KubernetesTypes.ConfigMaps, new ResourceName(_namespace, ObjectName(name)), cancellationToken);
        if (now is not null && now.Data.GetValueOrDefault(WriterKey) != _writerId)
        {
            return false;
        }

        _heads.Remove(name);
        if (now is not null)
        {
            _heads[name] = now;
        }

        return true;
    }

    /// <summary>Removes a document. Nothing happens when there is none.</summary>
    public async Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        if (_heads.Remove(name, out ConfigMap? head))
        {
            await _writer.DeleteAsync(KubernetesTypes.ConfigMaps, new ResourceName(_namespace, head.Metadata.Name), DeleteOptions.Anything, cancellationToken);
            await RemovePartsAsync(head, cancellationToken);
        }
    }

    /// <summary>The object of a document: its name as far as names of objects allow, which is so for all we write.</summary>
    internal static string ObjectName(string name) => $"k8s-backup-state.{name.Replace('/', '.')}";

    private static byte[] Compress(byte[] json)
    {
        using MemoryStream packed = new();
        using (BrotliStream brotli = new(packed, CompressionLevel.Optimal))
        {
            brotli.Write(json);
        }

        return packed.ToArray();
    }

    private static byte[]? Expand(IEnumerable<byte> packed)
    {
        try
        {
            using BrotliStream brotli = new(new MemoryStream([.. packed]), CompressionMode.Decompress);
            using MemoryStream json = new();
            brotli.CopyTo(json);
            return json.ToArray();
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static IEnumerable<string> PartNames(ConfigMap head) =>
        Enumerable.Range(1, Math.Max(0, Number(head, PartsKey) - 1)).Select(i => FormattableString.Invariant($"{head.Metadata.Name}.{Number(head, VersionKey)}.{i}"));

    private static int Number(ConfigMap head, string key) =>
        int.TryParse(head.Data.GetValueOrDefault(key), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < ItemsMax * 1000 ? number : 0;

    private ConfigMap Map(string name, string label, byte[] content) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = _namespace, Labels = new Dictionary<string, string> { [Label] = label, ["app.kubernetes.io/name"] = "k8s-backup-agent" } },
        BinaryData = new Dictionary<string, byte[]> { [ContentKey] = content },
    };

    private async Task PutPartAsync(ConfigMap part, CancellationToken cancellationToken)
    {
        // Of an attempt that came no further.
        await _writer.DeleteAsync(KubernetesTypes.ConfigMaps, ResourceName.Of(part), DeleteOptions.Anything, cancellationToken);
        await _writer.CreateAsync(KubernetesTypes.ConfigMaps, part, cancellationToken);
    }

    private async Task RemovePartsAsync(ConfigMap? head, CancellationToken cancellationToken)
    {
        foreach (string part in head is null ? [] : PartNames(head))
        {
            await _writer.DeleteAsync(KubernetesTypes.ConfigMaps, new ResourceName(_namespace, part), DeleteOptions.Anything, cancellationToken);
        }
    }
}
