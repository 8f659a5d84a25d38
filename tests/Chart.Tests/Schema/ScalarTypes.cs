using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Chart.Tests.Schema;

/// <summary>Types that are one word. A text must stay one when an API server reads it: an unquoted true is none.</summary>
internal static partial class ScalarTypes
{
    private static readonly Dictionary<string, Func<YamlScalarNode, bool>> _types = new(StringComparer.Ordinal)
    {
        ["text"] = IsText,
        ["boolean"] = scalar => scalar.Style == ScalarStyle.Plain && scalar.Value is "true" or "false",
        ["integer"] = scalar => IsNumber(scalar, int.MinValue, int.MaxValue),
        ["count"] = scalar => IsNumber(scalar, 0, int.MaxValue),
        ["port"] = IsPort,
        ["portOrName"] = scalar => IsPort(scalar) || (IsText(scalar) && PortName().IsMatch(scalar.Value!)),
        ["countOrPercent"] = scalar => IsNumber(scalar, 0, int.MaxValue) || Percent().IsMatch(scalar.Value!),
        ["quantity"] = scalar => Quantity().IsMatch(scalar.Value!),
        ["dns"] = scalar => IsText(scalar) && scalar.Value!.Length <= 253 && Dns().IsMatch(scalar.Value),
        ["label"] = scalar => IsText(scalar) && scalar.Value!.Length <= 63 && Label().IsMatch(scalar.Value),
        ["labelKey"] = scalar => LabelKey().IsMatch(scalar.Value!),
        ["labelValue"] = scalar => IsText(scalar) && LabelValue().IsMatch(scalar.Value!),
        ["path"] = scalar => IsText(scalar) && scalar.Value!.StartsWith('/') && !scalar.Value.Contains(':', StringComparison.Ordinal),
        ["cidr"] = scalar => IsText(scalar) && IPNetwork.TryParse(scalar.Value, out _),
    };

    /// <summary>What is wrong with a value; null when nothing is.</summary>
    public static string? Fault(string type, YamlNode value)
    {
        if (type == "any")
        {
            return null;
        }

        bool known = _types.TryGetValue(type, out Func<YamlScalarNode, bool>? fits);
        bool valid = value is YamlScalarNode { Value: not null } scalar && (known ? fits!(scalar) : IsText(scalar) && type.Split('|').Contains(scalar.Value));
        return valid ? null : $"{type} is expected, not '{value}'";
    }

    // Octal modes are numbers with a leading zero.
    private static bool IsNumber(YamlScalarNode scalar, int min, int max) => scalar.Style == ScalarStyle.Plain
        && int.TryParse(scalar.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max;

    private static bool IsPort(YamlScalarNode scalar) => IsNumber(scalar, 1, 65535);

    private static bool IsText(YamlScalarNode scalar) => scalar.Style != ScalarStyle.Plain || !OtherThanText().IsMatch(scalar.Value!);

    [GeneratedRegex(@"^(|~|null|true|false|yes|no|on|off|[-+]?(\d[\d_]*)?\.?\d+([eE][-+]?\d+)?|0x[0-9a-f]+|0o[0-7]+)$", RegexOptions.IgnoreCase)]
    private static partial Regex OtherThanText();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$")]
    private static partial Regex PortName();

    [GeneratedRegex("^[0-9]+%$")]
    private static partial Regex Percent();

    [GeneratedRegex(@"^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$")]
    private static partial Regex Quantity();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")]
    private static partial Regex Dns();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    private static partial Regex Label();

    [GeneratedRegex(@"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$")]
    private static partial Regex LabelKey();

    [GeneratedRegex("^([A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?)?$")]
    private static partial Regex LabelValue();
}
