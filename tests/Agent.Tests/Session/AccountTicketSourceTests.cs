using K8sBackup.Agent.Session;
using K8sBackup.TestKit;

namespace K8sBackup.Agent.Tests.Session;

public sealed class AccountTicketSourceTests
{
    [Theory]
    [InlineData("", "empty")]
    [InlineData(null, "cannot be read")]
    public void Read_NoToken_SaysWhy(string? token, string expected)
    {
        using TemporaryDirectory directory = new();
        string path = directory["account-token"];
        if (token is not null)
        {
            File.WriteAllText(path, token);
        }

        (EnrolmentTicket? ticket, string fault) = new AccountTicketSource(path, path).Read();
        Assert.Null(ticket);
        Assert.Contains(expected, fault, StringComparison.Ordinal);
    }
}
