using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>Makes a one-time token for an agent. It is shown once, or goes to a file of mode 0600 and is not shown.</summary>
internal static class JoinTokenCommand
{
    public static Command Create(CommandHost host)
    {
        Option<string> role = new Option<string>("--role")
        {
            Description = "What the agent's node is: control-plane or worker.",
            Required = true,
        }.AcceptOnlyFromAmong("control-plane", "worker");
        Option<string> node = new("--node") { Description = "Node the token is for. Default: any node.", HelpName = "NAME" };
        Option<TimeSpan> lifetime = new("--lifetime")
        {
            Description = "How long the token may be used, 1m to 24h.",
            HelpName = "TIME",
            DefaultValueFactory = _ => TimeSpan.FromHours(1),
            CustomParser = Parsers.Duration,
        };
        Option<string> file = new("--output-file") { Description = "File for the token, made with mode 0600; it is then not printed.", HelpName = "FILE" };
        return host.Leaf(
            "join-token",
            "Makes a token with which one agent can enrol, once.",
            "k8sbackup join-token --role worker --node worker-1 --lifetime 15m --output-file worker-1.token",
            async (session, parsed, cancellationToken) =>
            {
                CreateJoinTokenRequest request = new()
                {
                    Role = parsed.GetValue(role) == "control-plane" ? Transport.V1.Role.ControlPlane : Transport.V1.Role.Worker,
                    Node = parsed.GetValue(node) ?? "",
                    Lifetime = Duration.FromTimeSpan(parsed.GetValue(lifetime)),
                };
                CreateJoinTokenResponse response = await session.Client.CreateJoinTokenAsync(request, session.Call(cancellationToken));
                if (parsed.GetValue(file) is { } path)
                {
                    PrivateFiles.Write(path, response.Token + "\n");
                    response.Token = "";
                    session.Context.Error.WriteLine($"The token is in {path}.");
                }

                session.Output.One(NodeViews.Token, response);
                return ExitCodes.Ok;
            },
            role,
            node,
            lifetime,
            file);
    }
}
