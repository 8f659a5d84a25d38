namespace K8sBackup.Kubernetes.Shapes;

/// <summary>
/// The messages read here: the metadata every kind has as its field 1, and the whole of kinds that hold little else.
/// Numbers and names are Kubernetes' public API, which never changes them.
/// </summary>
internal static class KnownShapes
{
    public static readonly MessageShape Metadata = new MessageShape()
        .Text(1, "name")
        .Text(2, "generateName")
        .Text(3, "namespace")
        .Text(4, "selfLink")
        .Text(5, "uid")
        .Text(6, "resourceVersion")
        .Number(7, "generation")
        .Time(8, "creationTimestamp")
        .Time(9, "deletionTimestamp")
        .Number(10, "deletionGracePeriodSeconds", showsEmpty: true)
        .Map(11, "labels")
        .Map(12, "annotations")
        .Messages(13, "ownerReferences", new MessageShape()
            .Text(5, "apiVersion", showsEmpty: true)
            .Text(1, "kind", showsEmpty: true)
            .Text(3, "name", showsEmpty: true)
            .Text(4, "uid", showsEmpty: true)
            .Flag(6, "controller", showsEmpty: true)
            .Flag(7, "blockOwnerDeletion", showsEmpty: true))
        .Texts(14, "finalizers")
        .Messages(17, "managedFields", new MessageShape()
            .Text(1, "manager")
            .Text(2, "operation")
            .Text(3, "apiVersion")
            .Time(4, "time")
            .Text(6, "fieldsType")
            .Json(7, "fieldsV1")
            .Text(8, "subresource"));

    private static readonly MessageShape ObjectReference = new MessageShape()
        .Text(1, "kind")
        .Text(2, "namespace")
        .Text(3, "name")
        .Text(4, "uid")
        .Text(5, "apiVersion")
        .Text(6, "resourceVersion")
        .Text(7, "fieldPath");

    private static readonly MessageShape PolicyRule = new MessageShape()
        .Texts(1, "verbs")
        .Texts(2, "apiGroups")
        .Texts(3, "resources")
        .Texts(4, "resourceNames")
        .Texts(5, "nonResourceURLs");

    private static readonly MessageShape LabelSelector = new MessageShape()
        .Map(1, "matchLabels")
        .Messages(2, "matchExpressions", new MessageShape()
            .Text(1, "key", showsEmpty: true)
            .Text(2, "operator", showsEmpty: true)
            .Texts(3, "values"));

    private static readonly MessageShape Binding = Object()
        .Messages(2, "subjects", new MessageShape()
            .Text(1, "kind", showsEmpty: true)
            .Text(2, "apiGroup")
            .Text(3, "name", showsEmpty: true)
            .Text(4, "namespace"))
        .Message(3, "roleRef", new MessageShape()
            .Text(1, "apiGroup", showsEmpty: true)
            .Text(2, "kind", showsEmpty: true)
            .Text(3, "name", showsEmpty: true));

    private static readonly Dictionary<(string ApiVersion, string Kind), MessageShape> Whole = new()
    {
        [("v1", "ConfigMap")] = Object()
            .Map(2, "data")
            .Map(3, "binaryData", FieldKind.BytesMap)
            .Flag(4, "immutable", showsEmpty: true),
        [("v1", "Secret")] = Object()
            .Map(2, "data", FieldKind.BytesMap)
            .Text(3, "type")
            .Map(4, "stringData")
            .Flag(5, "immutable", showsEmpty: true),
        [("v1", "Namespace")] = Object()
            .Message(2, "spec", new MessageShape().Texts(1, "finalizers"))
            .Message(3, "status", new MessageShape()
                .Text(1, "phase")
                .Messages(2, "conditions", new MessageShape()
                    .Text(1, "type", showsEmpty: true)
                    .Text(2, "status", showsEmpty: true)
                    .Time(4, "lastTransitionTime")
                    .Text(5, "reason")
                    .Text(6, "message"))),
        [("v1", "ServiceAccount")] = Object()
            .Messages(2, "secrets", ObjectReference)
            .Messages(3, "imagePullSecrets", new MessageShape().Text(1, "name"))
            .Flag(4, "automountServiceAccountToken", showsEmpty: true),
        [("rbac.authorization.k8s.io/v1", "Role")] = Object().Messages(2, "rules", PolicyRule),
        [("rbac.authorization.k8s.io/v1", "ClusterRole")] = Object()
            .Messages(2, "rules", PolicyRule)
            .Message(3, "aggregationRule", new MessageShape().Messages(1, "clusterRoleSelectors", LabelSelector)),
        [("rbac.authorization.k8s.io/v1", "RoleBinding")] = Binding,
        [("rbac.authorization.k8s.io/v1", "ClusterRoleBinding")] = Binding,
        [("coordination.k8s.io/v1", "Lease")] = Object()
            .Message(2, "spec", new MessageShape()
                .Text(1, "holderIdentity", showsEmpty: true)
                .Number(2, "leaseDurationSeconds", showsEmpty: true)
                .Time(3, "acquireTime", FieldKind.MicroTime)
                .Time(4, "renewTime", FieldKind.MicroTime)
                .Number(5, "leaseTransitions", showsEmpty: true)
                .Text(6, "strategy", showsEmpty: true)
                .Text(7, "preferredHolder", showsEmpty: true)),
    };

    private static readonly MessageShape Any = Object();

    /// <summary>What is known of a kind: at least its metadata.</summary>
    public static MessageShape Of(string apiVersion, string kind) => Whole.GetValueOrDefault((apiVersion, kind), Any);

    private static MessageShape Object() => new MessageShape().Message(1, "metadata", Metadata);
}
