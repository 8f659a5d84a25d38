using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Agent.Hosting;

/// <summary>Reads the configuration file. Unknown keys and wrong shapes are faults with their line; all are found at once.</summary>
internal static class OptionFile
{
    // A configuration is a page of text; more is a mistake about the path.
    private const long BytesMax = 256 * 1024;

    public static OptionValues Read(string path, List<string> faults)
    {
        try
        {
            if (new FileInfo(path).Length > BytesMax)
            {
                faults.Add($"{path}: larger than {BytesMax} bytes, so it is no configuration.");
                return new OptionValues();
            }

            YamlStream yaml = new();
            using StringReader text = new(File.ReadAllText(path));
            yaml.Load(text);
            return yaml.Documents switch
            {
                [] => new OptionValues(),
                [{ RootNode: YamlMappingNode root }] => ReadRoot(path, root, faults),
                _ => Refuse(path, faults),
            };
        }
        catch (YamlException e)
        {
            faults.Add($"{path}:{e.Start.Line}: not valid YAML: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add($"{path}: cannot be read: {e.Message}");
        }

        return new OptionValues();
    }

    private static OptionValues Refuse(string path, List<string> faults)
    {
        faults.Add($"{path}:1: expected one mapping of settings.");
        return new OptionValues();
    }

    private static OptionValues ReadRoot(string path, YamlMappingNode root, List<string> faults)
    {
        OptionValues values = new();
        foreach ((YamlNode key, YamlNode value) in root.Children)
        {
            string name = (key as YamlScalarNode)?.Value ?? "";
            OptionValues? next = name switch
            {
                "coordinators" => Texts(value) is { } texts ? values with { Coordinators = texts } : null,
                "volumeRoots" => Texts(value) is { } texts ? values with { VolumeRoots = texts } : null,
                "restoreRoots" => Texts(value) is { } texts ? values with { RestoreRoots = texts } : null,
                "spool" => ReadSpool(value, values),
                "drills" => ReadDrills(value, values),
                "reading" => ReadReading(value, values),
                "labels" => Map(value) is { } map ? values with { Labels = map } : null,
                _ => Text(value) is { } text ? ReadText(name, text, values) : null,
            };
            if (next is null)
            {
                faults.Add($"{path}:{key.Start.Line}: '{name}' is unknown or has a value of the wrong shape.");
            }

            values = next ?? values;
        }

        return values;
    }

    private static OptionValues? ReadText(string name, string text, OptionValues values) => name switch
    {
        "node" => values with { Node = text },
        "role" => values with { Role = text },
        "joinTokenFile" => values with { JoinTokenFile = text },
        "serviceAccountTokenFile" => values with { ServiceAccountTokenFile = text },
        "authorityFile" => values with { AuthorityFile = text },
        "stateDir" => values with { StateDirectory = text },
        "hostRoot" => values with { HostRoot = text },
        "kubeletRoot" => values with { KubeletRoot = text },
        "restoreIntoVolumes" => values with { RestoreIntoVolumes = text },
        "logLevel" => values with { LogLevel = text },
        _ => null,
    };

    private static OptionValues? ReadSpool(YamlNode node, OptionValues values)
    {
        Dictionary<string, string>? spool = Map(node);
        bool known = spool is not null && spool.Keys.All(key => key is "dir" or "maxBytes");
        return known
            ? values with { SpoolDirectory = spool!.GetValueOrDefault("dir"), SpoolBytesMax = spool!.GetValueOrDefault("maxBytes") }
            : null;
    }

    private static OptionValues? ReadDrills(YamlNode node, OptionValues values)
    {
        Dictionary<string, string>? drills = Map(node);
        bool known = drills is not null && drills.Keys.All(key => key is "dir" or "etcd");
        return known ? values with { Drills = drills } : null;
    }

    private static OptionValues? ReadReading(YamlNode node, OptionValues values)
    {
        Dictionary<string, string>? reading = Map(node);
        bool known = reading is not null && reading.Keys.All(key => key is "bytesPerSecond" or "hungAfterSeconds");
        return known
            ? values with { ReadBytesPerSecond = reading!.GetValueOrDefault("bytesPerSecond"), ReadHungAfterSeconds = reading!.GetValueOrDefault("hungAfterSeconds") }
            : null;
    }

    private static string? Text(YamlNode node) => (node as YamlScalarNode)?.Value;

    private static string[]? Texts(YamlNode node) => node switch
    {
        YamlScalarNode { Value: { } single } => [single],
        YamlSequenceNode sequence when sequence.All(child => Text(child) is not null) => [.. sequence.Select(child => Text(child)!)],
        _ => null,
    };

    private static Dictionary<string, string>? Map(YamlNode node) =>
        node is YamlMappingNode mapping && mapping.Children.All(pair => Text(pair.Key) is not null && Text(pair.Value) is not null)
            ? mapping.Children.ToDictionary(pair => Text(pair.Key)!, pair => Text(pair.Value)!)
            : null;
}
