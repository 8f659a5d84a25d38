using Google.Protobuf.Reflection;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Transport.V1;
using Role = K8sBackup.Transport.Identity.Role;

namespace K8sBackup.Coordinator.Tests.Fleet;

public sealed class CallRightsTests
{
    private static readonly FileDescriptor[] Files =
    [
        EnrolmentReflection.Descriptor, SessionReflection.Descriptor, UploadReflection.Descriptor,
        DownloadReflection.Descriptor, OperatorReflection.Descriptor,
        DrillReflection.Descriptor, ImpactReflection.Descriptor, SurvivorReflection.Descriptor, AuthorityReflection.Descriptor,
    ];

    public static TheoryData<string> AllMethods()
    {
        TheoryData<string> methods = [];
        foreach (MethodDescriptor method in Files.SelectMany(f => f.Services).SelectMany(s => s.Methods))
        {
            methods.Add($"/{method.Service.FullName}/{method.Name}");
        }

        return methods;
    }

    [Theory]
    [MemberData(nameof(AllMethods))]
    public void IsKnown_EveryRpcOfEveryService_IsInTheTable(string method) => Assert.True(CallRights.IsKnown(method));

    [Theory]
    [MemberData(nameof(AllMethods))]
    public void IsAllowed_WithoutCertificate_OnlyEnrolment(string method) =>
        Assert.Equal(method == "/k8sbackup.v1.Enrolment/Enrol", CallRights.IsAllowed(method, null));

    [Theory]
    [MemberData(nameof(AllMethods))]
    public void IsAllowed_AgentsAndOperators_NeverShareARight(string method)
    {
        if (method == CallRights.AnonymousMethod)
        {
            return;
        }

        string[] operators = ["Operator", "Drills", "Impacts", "Survivors", "Authorities"];
        bool isOperators = operators.Any(service => method.StartsWith($"/k8sbackup.v1.{service}/", StringComparison.Ordinal));
        Assert.Equal(isOperators, CallRights.IsAllowed(method, Role.Operator));
        Assert.Equal(!isOperators, CallRights.IsAllowed(method, Role.Worker));
        Assert.Equal(!isOperators, CallRights.IsAllowed(method, Role.ControlPlane));
        Assert.False(CallRights.IsAllowed(method, Role.Coordinator));
    }

    [Fact]
    public void IsAllowed_UnknownMethod_IsRefusedForEveryRole()
    {
        Assert.All(Enum.GetValues<Role>(), role => Assert.False(CallRights.IsAllowed("/k8sbackup.v1.Operator/New", role)));
        Assert.False(CallRights.IsAllowed("/k8sbackup.v1.Operator/New", null));
    }
}
