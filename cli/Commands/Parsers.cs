using System.CommandLine.Parsing;
using System.Globalization;

namespace K8sBackup.Cli.Commands;

/// <summary>Reads option values that are more than words.</summary>
internal static class Parsers
{
    /// <summary>A whole number with a unit: 90s, 15m, 2h or 1d.</summary>
    public static TimeSpan Duration(ArgumentResult result)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (text.Length > 1 && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            switch (text[^1])
            {
                case 's':
                    return TimeSpan.FromSeconds(number);
                case 'm':
                    return TimeSpan.FromMinutes(number);
                case 'h':
                    return TimeSpan.FromHours(number);
                case 'd':
                    return TimeSpan.FromDays(number);
                default:
                    break;
            }
        }

        result.AddError($"'{text}' is no time; write for example 90s, 15m, 2h or 1d.");
        return TimeSpan.Zero;
    }
}
