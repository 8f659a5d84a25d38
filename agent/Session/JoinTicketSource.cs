using K8sBackup.Transport.Identity;

namespace K8sBackup.Agent.Session;

/// <summary>Where a join token comes from: the configured file, else the environment. Read anew for every attempt, so a token can be put in place later.</summary>
internal sealed class JoinTicketSource : IEnrolmentTickets
{
    public const string EnvironmentVariable = "K8SBACKUP_JOIN_TOKEN";

    private readonly string _file;
    private readonly Func<string, string?> _environment;

    public JoinTicketSource(string file, Func<string, string?> environment)
    {
        _file = file;
        _environment = environment;
    }

    public bool AreKeptFresh => false;

    public (EnrolmentTicket? Ticket, string Fault) Read()
    {
        string place = _file.Length > 0 ? _file : $"the environment variable {EnvironmentVariable}";
        try
        {
            string? text = _file.Length > 0 ? ReadFile() : _environment(EnvironmentVariable);
            if (string.IsNullOrWhiteSpace(text))
            {
                return (null, $"there is no join token in {place}");
            }

            return JoinToken.TryParse(text.Trim(), out JoinToken? token) ? (new JoinTicket(token), "") : (null, $"the text in {place} is not a join token");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"the join token in {place} cannot be read: {e.Message}");
        }
    }

    private string ReadFile()
    {
        using StreamReader reader = new(_file);
        char[] text = new char[2 * JoinToken.TextLengthMax];
        return new string(text, 0, reader.ReadBlock(text));
    }
}
