using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Settings.Yaml;

/// <summary>Parses one YAML document into a tree with lines, within limits that keep a hostile or broken file harmless.</summary>
public static class YamlDocumentReader
{
    /// <summary>Longest file read, in characters.</summary>
    public const int LengthMax = 256 * 1024;

    // Nothing we read is deeper than ten; the tree is built by recursion, so that depth must be bounded first.
    private const int DepthMax = 32;

    /// <summary>The mapping at the top of the document; null when there is none, with the faults saying why.</summary>
    public static YamlObject? Read(string text, List<YamlFault> faults)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(faults);
        if (text.Length > LengthMax)
        {
            faults.Add(new YamlFault(0, $"The file has {text.Length} characters; {LengthMax} are allowed."));
            return null;
        }

        try
        {
            if (TooDeepAt(text) is { } line)
            {
                faults.Add(new YamlFault(line, $"The file is nested more than {DepthMax} levels deep."));
                return null;
            }

            YamlStream stream = [];
            stream.Load(new StringReader(text));
            if (stream.Documents.Count == 1 && stream.Documents[0].RootNode is YamlMappingNode root)
            {
                return new YamlObject(root, "", faults);
            }

            faults.Add(new YamlFault(1, stream.Documents.Count > 1 ? "The file holds more than one document." : "The file holds no mapping at its top."));
            return null;
        }
        catch (YamlException e)
        {
            faults.Add(new YamlFault((int)e.Start.Line, $"Not valid YAML: {e.Message}"));
            return null;
        }
    }

    private static int? TooDeepAt(string text)
    {
        Parser parser = new(new StringReader(text));
        int depth = 0;
        while (parser.MoveNext())
        {
            ParsingEvent current = parser.Current!;
            depth += current.NestingIncrease;
            if (depth > DepthMax)
            {
                return (int)current.Start.Line;
            }
        }

        return null;
    }
}
