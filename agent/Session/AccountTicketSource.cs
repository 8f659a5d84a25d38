using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace K8sBackup.Agent.Session;

/// <summary>The token the kubelet keeps fresh in a projected volume, and the coordinator's authority from a ConfigMap.</summary>
internal sealed class AccountTicketSource : IEnrolmentTickets
{
    // Projected tokens have one or two kilobytes, an authority less.
    private const int FileCharactersMax = 64 * 1024;

    private readonly string _tokenFile;
    private readonly string _authorityFile;

    public AccountTicketSource(string tokenFile, string authorityFile)
    {
        _tokenFile = tokenFile;
        _authorityFile = authorityFile;
    }

    public bool AreKeptFresh => true;

    public (EnrolmentTicket? Ticket, string Fault) Read()
    {
        try
        {
            string token = ReadFile(_tokenFile).Trim();
            if (token.Length == 0)
            {
                return (null, $"{_tokenFile} is empty");
            }

            X509Certificate2Collection authorities = [];
            authorities.ImportFromPem(ReadFile(_authorityFile));
            return authorities.Count > 0 ? (new AccountTicket(token, authorities), "") : (null, $"{_authorityFile} holds no certificate");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"the service account's token or the authority cannot be read: {e.Message}");
        }
        catch (CryptographicException e)
        {
            return (null, $"{_authorityFile} holds no usable certificate: {e.Message}");
        }
    }

    private static string ReadFile(string path)
    {
        using StreamReader reader = new(path);
        char[] text = new char[FileCharactersMax];
        return new string(text, 0, reader.ReadBlock(text));
    }
}
