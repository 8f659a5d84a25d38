using System.Text;

namespace K8sBackup.KubernetesApi.Configuration;

/// <summary>A mapping in a kubeconfig, with where it stands, for messages. Values are never quoted: some are secrets.</summary>
internal sealed class KubeconfigNode
{
    private readonly string _file;
    private readonly string _path;
    private readonly Dictionary<object, object?> _fields;

    public KubeconfigNode(string file, string path, object? value)
    {
        _file = file;
        _path = path;
        _fields = value as Dictionary<object, object?> ?? throw new KubernetesConfigurationException($"{file}: {(path.Length > 0 ? path : "the file")} must be a mapping.");
    }

    public bool Has(string field) => _fields.TryGetValue(field, out object? value) && value is not null and not "";

    public string Where(string field) => $"{_file}: {(_path.Length > 0 ? _path + "." : "")}{field}";

    public KubernetesConfigurationException Fault(string field, string what) => new($"{Where(field)}: {what}");

    /// <summary>Empty when it is not there.</summary>
    public string Text(string field) => _fields.GetValueOrDefault(field) switch
    {
        null => "",
        string text => text,
        _ => throw Fault(field, "a text is expected."),
    };

    public string Required(string field) => Text(field) is { Length: > 0 } text ? text : throw Fault(field, "is missing.");

    public KubeconfigNode Child(string field) => new(_file, _path.Length > 0 ? $"{_path}.{field}" : field, _fields.GetValueOrDefault(field));

    /// <summary>The entry of that name in a list of named entries.</summary>
    public KubeconfigNode Named(string field, string name)
    {
        foreach (object? item in List(field))
        {
            KubeconfigNode entry = new(_file, field, item);
            if (entry.Text("name") == name)
            {
                return new KubeconfigNode(_file, $"{field}[{name}]", item);
            }
        }

        throw Fault(field, $"there is no '{name}'.");
    }

    public IReadOnlyList<string> Texts(string field) => [.. List(field).Select(item => item as string ?? throw Fault(field, "a list of texts is expected."))];

    public IReadOnlyList<KeyValuePair<string, string>> Pairs(string field) =>
    [
        .. List(field).Select(item => new KubeconfigNode(_file, $"{_path}.{field}", item))
            .Select(entry => KeyValuePair.Create(entry.Required("name"), entry.Text("value"))),
    ];

    /// <summary>Decoded text of a base64 field; null when it is not there.</summary>
    public string? Data(string field)
    {
        string text = Text(field);
        try
        {
            return text.Length == 0 ? null : Encoding.UTF8.GetString(Convert.FromBase64String(text));
        }
        catch (FormatException)
        {
            throw Fault(field, "base64 is expected.");
        }
    }

    /// <summary>A path, relative ones beside the kubeconfig; empty when it is not there.</summary>
    public string PathOf(string field)
    {
        string text = Text(field);
        return text.Length == 0 ? "" : Path.GetFullPath(text, Path.GetDirectoryName(_file)!);
    }

    private List<object?> List(string field) => _fields.GetValueOrDefault(field) switch
    {
        null => [],
        List<object?> list => list,
        _ => throw Fault(field, "a list is expected."),
    };
}
