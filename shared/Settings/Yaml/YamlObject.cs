using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Settings.Yaml;

/// <summary>
/// A mapping read strictly: every method takes one field and notes a fault with its line when the value does not fit;
/// <see cref="RejectOthers"/> notes the fields nobody asked for. Values that do not fit read as absent.
/// </summary>
public sealed class YamlObject
{
    private readonly YamlMappingNode _node;
    private readonly string _path;
    private readonly List<YamlFault> _faults;
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    internal YamlObject(YamlMappingNode node, string path, List<YamlFault> faults)
    {
        _node = node;
        _path = path;
        _faults = faults;
    }

    public int Line => (int)_node.Start.Line;

    /// <summary>Notes a fault at a field, or at this mapping when the field is not there.</summary>
    public void Fault(string field, string reason) =>
        _faults.Add(new YamlFault(Value(field) is { } value ? (int)value.Start.Line : Line, $"{Name(field)}: {reason}"));

    public bool Has(string field) => Value(field) is not null;

    public string? Text(string field)
    {
        _asked.Add(field);
        switch (Value(field))
        {
            case null:
                return null;
            case YamlScalarNode { Value: { } text } scalar when !IsNull(scalar):
                return text;
            default:
                Fault(field, "a text is expected.");
                return null;
        }
    }

    public string? RequiredText(string field)
    {
        if (!Has(field))
        {
            _asked.Add(field);
            Fault(field, "is missing.");
            return null;
        }

        return Text(field);
    }

    /// <summary>An absolute path; a relative one counts from the directory.</summary>
    public string? RequiredPath(string field, string directory) => AbsolutePath(field, RequiredText(field), directory);

    /// <summary>An absolute path, or null when the field is not there.</summary>
    public string? OptionalPath(string field, string directory) => AbsolutePath(field, Text(field), directory);

    /// <summary>One of a few words; the first when the field is not there.</summary>
    public T Choice<T>(string field, params ReadOnlySpan<(string Word, T Value)> choices)
    {
        string? text = Text(field);
        List<string> words = [];
        foreach ((string word, T value) in choices)
        {
            if (text == word)
            {
                return value;
            }

            words.Add(word);
        }

        if (text is not null)
        {
            Fault(field, $"{string.Join(" or ", words)} is expected, not '{text}'.");
        }

        return choices[0].Value;
    }

    public bool Flag(string field, bool otherwise)
    {
        string? text = Text(field);
        switch (text)
        {
            case null:
                return otherwise;
            case "true" or "True":
                return true;
            case "false" or "False":
                return false;
            default:
                Fault(field, $"true or false is expected, not '{text}'.");
                return otherwise;
        }
    }

    public int? Number(string field, int min, int max)
    {
        string? text = Text(field);
        if (text is null)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max)
        {
            return number;
        }

        Fault(field, $"a whole number from {min} to {max} is expected, not '{text}'.");
        return null;
    }

    /// <summary>A time such as 30s, 5m, 12h, 7d or 4w.</summary>
    public TimeSpan? Duration(string field, TimeSpan min, TimeSpan max)
    {
        string? text = Text(field);
        if (text is null)
        {
            return null;
        }

        if (YamlDuration.TryParse(text, out TimeSpan duration) && duration >= min && duration <= max)
        {
            return duration;
        }

        Fault(field, $"a time such as 30s, 5m, 12h, 7d or 4w from {YamlDuration.Format(min)} to {YamlDuration.Format(max)} is expected, not '{text}'.");
        return null;
    }

    /// <summary>The mapping; an empty value ("etcd:" with nothing after it) reads as an empty mapping.</summary>
    public YamlObject? Mapping(string field)
    {
        _asked.Add(field);
        switch (Value(field))
        {
            case null:
                return null;
            case YamlMappingNode mapping:
                return new YamlObject(mapping, Name(field), _faults);
            case YamlScalarNode scalar when IsNull(scalar):
                return new YamlObject(new YamlMappingNode(), Name(field), _faults);
            default:
                Fault(field, "a mapping is expected.");
                return null;
        }
    }

    public IReadOnlyList<YamlObject> Mappings(string field)
    {
        List<YamlObject> objects = [];
        int index = 0;
        foreach (YamlNode item in Items(field))
        {
            if (item is YamlMappingNode mapping)
            {
                objects.Add(new YamlObject(mapping, $"{Name(field)}[{index}]", _faults));
            }
            else
            {
                _faults.Add(new YamlFault((int)item.Start.Line, $"{Name(field)}[{index}]: a mapping is expected."));
            }

            index++;
        }

        return objects;
    }

    public IReadOnlyList<string> Texts(string field)
    {
        List<string> texts = [];
        foreach (YamlNode item in Items(field))
        {
            if (item is YamlScalarNode { Value: { Length: > 0 } text })
            {
                texts.Add(text);
            }
            else
            {
                _faults.Add(new YamlFault((int)item.Start.Line, $"{Name(field)}: each item must be a text."));
            }
        }

        return texts;
    }

    public IReadOnlyDictionary<string, string> TextMap(string field)
    {
        Dictionary<string, string> map = new(StringComparer.Ordinal);
        YamlObject? mapping = Mapping(field);
        foreach (string key in mapping is null ? [] : mapping.Keys())
        {
            if (mapping!.Text(key) is { } value)
            {
                map[key] = value;
            }
        }

        return map;
    }

    /// <summary>Notes every field that was not asked for: a misspelt setting must not be ignored silently.</summary>
    public void RejectOthers()
    {
        foreach ((YamlNode key, YamlNode _) in _node.Children)
        {
            if (key is not YamlScalarNode { Value: { } name } || !_asked.Contains(name))
            {
                string known = string.Join(", ", _asked.Order(StringComparer.Ordinal));
                _faults.Add(new YamlFault((int)key.Start.Line, $"{Name(key.ToString())}: there is no such field here; known are {known}."));
            }
        }
    }

    private string? AbsolutePath(string field, string? path, string directory)
    {
        if (path is { Length: > 0 } && !path.Contains('\0', StringComparison.Ordinal))
        {
            return System.IO.Path.GetFullPath(path, directory);
        }

        if (path is not null)
        {
            Fault(field, "a path is expected.");
        }

        return null;
    }

    private IEnumerable<string> Keys() => _node.Children.Keys.OfType<YamlScalarNode>().Select(k => k.Value ?? "");

    private IReadOnlyList<YamlNode> Items(string field)
    {
        _asked.Add(field);
        switch (Value(field))
        {
            case null:
                return [];
            case YamlSequenceNode sequence:
                return [.. sequence.Children];
            default:
                Fault(field, "a list is expected.");
                return [];
        }
    }

    private YamlNode? Value(string field) => _node.Children.TryGetValue(new YamlScalarNode(field), out YamlNode? value) ? value : null;

    private string Name(string field) => _path.Length == 0 ? field : $"{_path}.{field}";

    // YAML's nulls: nothing at all, ~ and null, unless quoted.
    private static bool IsNull(YamlScalarNode scalar) =>
        scalar.Style is ScalarStyle.Plain or ScalarStyle.Any && scalar.Value is null or "" or "~" or "null";
}
